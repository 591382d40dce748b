"""Reads: what the API returns."""
