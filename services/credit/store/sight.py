"""Whose entries a caller sees: a provincial administration those of its province's enterprises, the ministry all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sight:
    """The entries that are seen: those of one province, where one is named."""

    province: str | None = None

    def sees(self, province: str) -> bool:
        """Whether entries of enterprises that are registered in this province are among them."""
        return self.province in (None, province)


EVERYTHING = Sight()
