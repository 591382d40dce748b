"""What this service is about: entries of the credit lists, and the standing of an enterprise that they add up to."""

from __future__ import annotations

from services.credit.model.entry import Effects, Entry, EntryState, Ground, ProposedBy, Withdrawal, reference
from services.credit.model.standing import Standing

__all__ = [
    "Effects",
    "Entry",
    "EntryState",
    "Ground",
    "ProposedBy",
    "Standing",
    "Withdrawal",
    "reference",
]
