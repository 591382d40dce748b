"""Decisions of this service: facts and rule parameters in, a decision out. No input or output."""
