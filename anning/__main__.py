"""`python -m anning` runs the command line."""

import gc

gc.disable()  # Modules are never garbage: to search them again and again takes a sixth of the time of their import.

from anning.cli import app  # noqa: E402

gc.enable()
app()
