"""Use cases, one function each: (tx, command) in, what became of it out."""
