"""Carriers: data, never an enum, because virtual operators and new carriers appear at any time."""

from __future__ import annotations

from contracts.tables import Row, Table


class Carrier(Row, frozen=True, kw_only=True):
    """A carrier of messages: it answers enquiries and executes orders. As an organisation it is `carrier:<code>`."""

    name: str
    name_zh: str


CARRIERS: Table[Carrier] = Table.of(Carrier, "carriers.yaml")
"""Every carrier of this deployment, by code."""
