"""Tables, what is loaded and saved in sets, and the fixed order in which rows are locked."""
