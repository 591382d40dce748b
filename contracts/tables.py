"""Vocabulary as data: a table of coded rows read from YAML, which a deployment can extend with its own files.

Sets that law or protocol closes are enums in `contracts.vocabulary`. Open sets (carriers, channels, authorities) are
rows here, so that a new one needs no release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import msgspec

Mark = Literal["S", "R", "R~", "M", "D"]
"""The certainty of a fact: S stated by the ministry, R read at its source, R~ read on a repost, M from memory, D our
own design. Marks other than S and R are defaults that an administrator confirms."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of a table: events, databases and requests contain its code."""

    code: str


R = TypeVar("R", bound=Row)


class Table(Mapping[str, R], Generic[R]):
    """Rows by code, in the order of their files. Only the start of a process calls `extend`."""

    def __init__(self, row: type[R], rows: bytes) -> None:
        """`rows` is the YAML of a list of `row`. Raises ValueError for malformed rows and repeated codes."""
        self._row = row
        self._rows = self._read(rows)

    @classmethod
    def of(cls, row: type[R], name: str) -> Table[R]:
        """The table in the file of that name beside this module."""
        return cls(row, read_resource(name))

    def extend(self, path: Path) -> None:
        """Add the rows of a deployment; a row with a known code replaces that row.

        Raises ValueError, and changes nothing, for malformed rows. Raises OSError where the file cannot be read.
        """
        self._rows = self._rows | self._read(path.read_bytes())

    def _read(self, rows: bytes) -> dict[str, R]:
        table: dict[str, R] = {}
        try:
            for each in msgspec.yaml.decode(rows, type=list[dict[str, Any]]):
                row = msgspec.convert(each, self._row)
                if row.code in table:
                    raise ValueError(f"{self._row.__name__} {row.code} is repeated in one table")
                table[row.code] = row
        except msgspec.MsgspecError as error:
            raise ValueError(f"malformed table of {self._row.__name__}: {error}") from error
        return table

    def __getitem__(self, code: str) -> R:
        return self._rows[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def read_resource(name: str) -> bytes:
    """The content of a file of this package."""
    return resources.files("contracts").joinpath(name).read_bytes()
