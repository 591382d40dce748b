"""What carriers know of numbers that nobody filed: a file with the columns number and carrier."""

from __future__ import annotations

import csv
from pathlib import Path


class Book:
    """Whose numbers are, by number; nobody's where the file has no carrier for one.

    The file may come, and change, while carriers work: it is read again when it has.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._read: tuple[tuple[int, int] | None, dict[str, str]] = (None, {})

    def knows(self, number: str) -> bool:
        """Whether the book has the number."""
        return number in self._owners()

    def owner(self, number: str) -> str | None:
        """The carrier whose number it is; None where it is nobody's. Raises KeyError where the book lacks it."""
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
