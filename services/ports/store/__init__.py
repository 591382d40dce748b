"""Tables, the lock order (`locks`), and aggregates that are loaded and saved in sets."""
