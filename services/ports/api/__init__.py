"""Routes: each parses the request, calls one command or one view, and returns a view."""
