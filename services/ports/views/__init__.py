"""What the API shows, read by plain SQL and paged by key. Carriers see how many people complained, and nothing else."""
