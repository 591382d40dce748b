"""Decisions: a situation and the parameters of rules in, consequences and reasons out. Nothing here reads or writes."""
