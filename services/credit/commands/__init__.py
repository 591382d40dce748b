"""Use cases, one function each: they lock, check visibility and version, act, save and audit in one transaction."""
