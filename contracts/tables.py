"""Words that are data: a table of coded rows read from YAML, which a deployment may extend by files of its own.

What law or protocol closes is an enum in `contracts.vocabulary`; what the world may add to (a carrier, a channel, an
authority) is a row here, so that adding one is no release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import msgspec

Mark = Literal["S", "R", "R~", "M", "D"]
"""How sure we are of a fact: S stated by the ministry, R read at its source, R~ read on a repost, M from memory,
D our own design. Whatever is not S or R is a default that an administrator confirms."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of a table: its code is what stands in events, databases and requests."""

    code: str


R = TypeVar("R", bound=Row)


class Table(Mapping[str, R], Generic[R]):
    """Rows by code, in the order of their files. Only the start of a process calls `extend`."""

    def __init__(self, row: type[R], rows: bytes) -> None:
        """`rows` is the YAML of a list of `row`. Raises ValueError where it is not, or has a code twice."""
        self._row = row
        self._rows = self._read(rows)

    @classmethod
    def of(cls, row: type[R], name: str) -> Table[R]:
        """The table that ships beside this module under that file name."""
        return cls(row, read_resource(name))

    def extend(self, path: Path) -> None:
        """Adds a deployment's rows; a row with a known code takes that row's place.

        Raises ValueError, and changes nothing, where the file is no list of such rows. Raises OSError where it cannot
        be read.
        """
        self._rows = self._rows | self._read(path.read_bytes())

    def _read(self, rows: bytes) -> dict[str, R]:
        table: dict[str, R] = {}
        try:
            for each in msgspec.yaml.decode(rows, type=list[dict[str, Any]]):
                row = msgspec.convert(each, self._row)
                if row.code in table:
                    raise ValueError(f"{self._row.__name__} {row.code} stands twice in one table")
                table[row.code] = row
        except msgspec.MsgspecError as error:
            raise ValueError(f"no table of {self._row.__name__}: {error}") from error
        return table

    def __getitem__(self, code: str) -> R:
        return self._rows[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def read_resource(name: str) -> bytes:
    """A file that ships in this package."""
    return resources.files("contracts").joinpath(name).read_bytes()
