"""The mechanism that every service stands on; it knows no domain."""
