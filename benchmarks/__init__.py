"""Measurements of speed, each with its floor in the same run: `python -m benchmarks`. They are not tests."""
