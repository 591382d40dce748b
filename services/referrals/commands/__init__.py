"""Use cases, one function each: each runs in a transaction that it receives, and returns the result."""
