"""The records that examples are made of: a port that is complained of and shut, a number that nobody filed, the clue
that goes to a ministry, and the listing that follows."""

from __future__ import annotations

from contracts.examples.records import credit, ports, referrals
from contracts.examples.records.record import Record

__all__ = ["RECORDS", "Record"]

RECORDS: tuple[Record, ...] = (*ports.RECORDS, *referrals.RECORDS, *credit.RECORDS)
"""One record of every event type."""
