"""Use cases, one function each: a transaction and what is asked for in, what came of it out."""
