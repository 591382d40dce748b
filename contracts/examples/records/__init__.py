"""The records of the examples: a port with complaints that is shut, an unfiled number, the clue that is referred to an
authority, and the listing that follows."""

from __future__ import annotations

from contracts.examples.records import credit, ports, referrals
from contracts.examples.records.record import Record

__all__ = ["RECORDS", "Record"]

RECORDS: tuple[Record, ...] = (*ports.RECORDS, *referrals.RECORDS, *credit.RECORDS)
"""One record of every event type."""
