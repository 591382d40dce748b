"""Tables, the lock order (`locks`), and rows that are loaded and saved in sets."""
