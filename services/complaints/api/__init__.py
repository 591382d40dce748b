"""Routes: each parses a request, calls one command or one view, and returns a view."""
