"""Use cases, one function each: a transaction and a command in, the outcome out."""
