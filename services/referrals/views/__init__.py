"""What the API returns, read with plain SQL and paged by key."""
