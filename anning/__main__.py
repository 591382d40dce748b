"""`python -m anning` runs the command line."""

from anning.cli import app

app()
