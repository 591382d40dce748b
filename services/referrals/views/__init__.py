"""What the API shows, read by plain SQL and paged by key."""
