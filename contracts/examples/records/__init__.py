"""The records of the examples: a port with complaints that is shut, an unfiled number, the clue that is referred to an
authority, and the listing that follows. One module per service, with its RECORDS."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from contracts.examples.records.record import Record

__all__ = ["RECORDS", "Record"]

_STORIES = [
    import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__) if each.name != "record"
]

RECORDS: tuple[Record, ...] = tuple(record for story in _STORIES for record in story.RECORDS)
"""One record of every event type."""
