"""Scripts that create secrets and databases for the system in containers. No service imports them."""
