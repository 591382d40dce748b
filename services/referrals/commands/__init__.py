"""What changes this service's data: each function locks, checks, changes and records."""
