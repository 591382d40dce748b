"""Tables, the order in which they are locked (`locks`), and aggregates loaded and saved in sets."""
