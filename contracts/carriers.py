"""Carriers: data, never an enum, because virtual operators and new ones come without asking us."""

from __future__ import annotations

from contracts.tables import Row, Table


class Carrier(Row, frozen=True, kw_only=True):
    """Who carries messages, answers enquiries and executes orders; as an organisation `carrier:<code>`."""

    name: str
    name_zh: str


CARRIERS: Table[Carrier] = Table.of(Carrier, "carriers.yaml")
"""Every carrier this deployment knows, by code."""
