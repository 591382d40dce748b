"""`python -m anning` is the command line."""

from anning.cli import app

app()
