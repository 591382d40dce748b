"""The port register, and what carriers are ordered and asked about the numbers in it and outside it."""
