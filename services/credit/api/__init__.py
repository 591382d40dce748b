"""Routes: entries for staff, replies of enterprises, standings for carriers and authorities, the public list."""
