"""What the API shows, read by plain SQL and paged by keys. Only staff see persons, and only who acted for the state."""
