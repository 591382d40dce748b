"""Tables, the order in which they are locked (`locks`), and rows loaded and saved in sets."""
