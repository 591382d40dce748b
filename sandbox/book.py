"""The knowledge of carriers about unfiled numbers: a file with the columns number and carrier."""

from __future__ import annotations

import csv
from pathlib import Path


class Book:
    """The owner of each number; no owner where the file has no carrier for it.

    The file can appear and change while carriers run: it is read again after a change.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._read: tuple[tuple[int, int] | None, dict[str, str]] = (None, {})

    def knows(self, number: str) -> bool:
        """Whether the book has the number."""
        return number in self._owners()

    def owner(self, number: str) -> str | None:
        """The carrier that owns the number; None where no carrier owns it. Raises KeyError where the book lacks it."""
        return self._owners()[number] or None

    def _owners(self) -> dict[str, str]:
        if self._path is None:
            return {}
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return {}
        stamp = (status.st_mtime_ns, status.st_size)
        seen, owners = self._read
        if seen != stamp:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                owners = {row["number"]: row["carrier"] for row in csv.DictReader(file)}
            self._read = (stamp, owners)
        return owners
