"""Decisions: facts and the parameters of rules in, what follows and why out. Nothing here reads or writes."""
