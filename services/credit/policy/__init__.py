"""Decisions: events and the parameters of rules in, proposals with their reasons out. No I/O."""
