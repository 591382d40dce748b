"""Decisions: a situation and the parameters of rules in, a decision out. Nothing here reads or writes."""
