"""Whose rows a caller sees: a carrier its own, a provincial administration its province's, the ministry all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sight:
    """The rows that are seen: those of one carrier or of one province, where one is named."""

    carrier: str | None = None
    province: str | None = None

    def sees(self, carrier: str, province: str | None) -> bool:
        """Whether a row of this carrier and this province (None: of no single one) is among them."""
        return self.carrier in (None, carrier) and self.province in (None, province)


EVERYTHING = Sight()
