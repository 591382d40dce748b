"""Lists as parameters of statements: PostgreSQL's text of an array, written column by column.

Rows go to the database in sets, as one list per column. The driver writes a list element by element, each by a call or
two of its own (1 us, which was a tenth of what the workers did); here the kind of a list is looked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from types import NoneType
from typing import Any
from uuid import UUID

from psycopg.abc import Buffer, DumperKey, PyFormat
from psycopg.types.array import ListDumper


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: _quoted,
    UUID: lambda value: value.hex,
    int: str,
    float: repr,
    bool: lambda value: "t" if value else "f",
    datetime: lambda value: f'"{value.isoformat()}"',
    date: lambda value: value.isoformat(),
    bytes: lambda value: f'"\\\\x{value.hex()}"',
}


def _writer(values: Sequence[Any]) -> Callable[[Any], str] | None:
    """What writes every element of a list; None where that takes the driver's own way."""
    kinds = set(map(type, values))
    kinds.discard(NoneType)
    if len(kinds) == 1:
        (kind,) = kinds
        if kind in _WRITERS:
            return _WRITERS[kind]
    # Members of an enumeration stand beside the words they are.
    return _quoted if all(issubclass(kind, str) for kind in kinds) else None


class ArrayDumper(ListDumper):
    """Writes lists of the kinds above, with or without None, and leaves others to the driver.

    The type of an array is the statement's to say (`CAST(:numbers AS text[])`).
    """

    def get_key(self, obj: list[Any], format: PyFormat) -> DumperKey:  # noqa: A002 - the driver's name
        """One for all lists that are written here."""
        return self.cls if _writer(obj) else super().get_key(obj, format)

    def dump(self, obj: list[Any]) -> Buffer | None:
        """The text of the array, in UTF-8. Raises UnicodeEncodeError for half of a surrogate pair."""
        write = _writer(obj)
        if write is None:
            return super().dump(obj)
        return ("{" + ",".join(["NULL" if value is None else write(value) for value in obj]) + "}").encode()
