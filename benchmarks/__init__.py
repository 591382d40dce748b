"""Speed, measured beside its floor in the same run: `python -m benchmarks`. Never a timed test."""
