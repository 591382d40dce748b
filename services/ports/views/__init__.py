"""What the API shows, read by plain SQL and paged by keys. Carriers never see complainants, nor complaints: counts."""
