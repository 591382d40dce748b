"""Databases that become what their histories and the tables in the code make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from chassis.database import Database


@pytest.fixture(scope="module")
def empty(new_database: Callable[[str], str]) -> Iterator[Callable[[str], Database]]:
    """Makes an empty database of that name."""
    with ExitStack() as opened:

        def make(name: str) -> Database:
            database = Database(new_database(name), pool=1)
            opened.callback(database.close)
            return database

        yield make
