"""What the API shows, read by plain SQL and paged by keys. Authorities see counts: no complaint and no complainant."""
