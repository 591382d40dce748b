"""Reads, as the API answers them."""
