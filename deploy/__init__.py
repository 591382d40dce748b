"""What makes secrets and databases where the system runs in containers. No service imports it."""
