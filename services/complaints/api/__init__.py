"""Routes: each parses, calls one command or one view, and answers."""
