"""The tables, what is loaded and saved in sets, and the fixed order of locks."""
