"""Decisions of this service: facts and rule parameters in, a decision out. Nothing here does input or output."""
