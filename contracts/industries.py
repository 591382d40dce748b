"""Industries: what a message advertises. The industry decides which authority is competent
(`contracts.authorities`)."""

from __future__ import annotations

from typing import Final

from contracts.tables import Row, Table


class Industry(Row, frozen=True, kw_only=True):
    """A class of the published bulletins. The classes change over the years: they are data."""

    name: str
    name_zh: str


INDUSTRIES: Table[Industry] = Table.of(Industry, "industries.yaml")
"""Every industry, by code."""

UNKNOWN: Final = "unknown"
"""No industry is clear enough: staff decide."""

CRIME: Final = "crime"
"""The offer is itself the crime (fraud, gambling, forged papers): no authority of an industry supervises it."""
