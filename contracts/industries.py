"""Industries: what a message advertises. It decides which authority is competent (`contracts.authorities`)."""

from __future__ import annotations

from typing import Final

from contracts.tables import Row, Table


class Industry(Row, frozen=True, kw_only=True):
    """A class of the published bulletins. Their names change over the years: they are data."""

    name: str
    name_zh: str


INDUSTRIES: Table[Industry] = Table.of(Industry, "industries.yaml")
"""Every industry, by code."""

UNKNOWN: Final = "unknown"
"""No industry is clear enough: a matter for staff."""

CRIME: Final = "crime"
"""What is offered is itself the crime (fraud, gambling, forged papers): no industry's authority supervises it."""
