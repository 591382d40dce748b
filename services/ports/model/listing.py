"""A listing: an entry of the credit lists that is or was in force for an enterprise, and what follows for its ports.

    noted ◄──── proposed ────► shutting ◄──► shut
      │             │              └───┬───────┘
      └─────────────┴──► ended ◄──── lifting

The restriction's `existing` decides where a listing begins: none: noted; propose: proposed; shut: shutting. Whether new
filings are refused depends on the enterprise's standing, not on the listing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from chassis.aggregate import Cause, ConflictError
from contracts.credit import Restriction
from contracts.credit_codes import CreditCode
from contracts.vocabulary import Existing


class ListingPhase(StrEnum):
    """How far a listing has come at the ports of its enterprise.

    NOTED: they stay as they are. PROPOSED: staff have to decide. SHUTTING, SHUT: some, or no, ports remain to be
    ordered shut. LIFTING, ENDED: the listing is over, and some, or no, orders of it remain to be lifted.
    """

    NOTED = "noted"
    PROPOSED = "proposed"
    SHUTTING = "shutting"
    SHUT = "shut"
    LIFTING = "lifting"
    ENDED = "ended"


_FIRST_PHASE = {
    Existing.NONE: ListingPhase.NOTED,
    Existing.PROPOSE: ListingPhase.PROPOSED,
    Existing.SHUT: ListingPhase.SHUTTING,
}
WANTS_SHUT = frozenset({ListingPhase.SHUTTING, ListingPhase.SHUT})
"""The phases in which the enterprise's ports are to be shut."""
OVER = frozenset({ListingPhase.LIFTING, ListingPhase.ENDED})
"""The phases after the entry has left the enterprise's standing."""


@dataclass(kw_only=True)
class Listing:
    """One entry, by its id, with the terms of its restriction.

    `province` (six digits) is where the enterprise is registered. `version` is that of the standing in which the entry
    was last present, or first missing. Its orders carry its `correlation_id`. `actors` are the persons in its chain.
    """

    entry: UUID
    code: str
    province: str
    list: str
    tier: str
    reason: str
    article: str
    new_resources: str
    existing: str
    since: datetime
    until: datetime
    version: int
    phase: ListingPhase
    correlation_id: str
    actors: tuple[str, ...] = ()
    ended_at: datetime | None = None

    @classmethod
    def begin(cls, code: str, restriction: Restriction, version: int, because: Cause) -> Listing:
        """The entry came into force for the enterprise `code`. Its terms are the fields of the restriction."""
        derived = {
            "code": code,
            "province": f"{CreditCode(code).region[:2]}0000",
            "version": version,
            "phase": _FIRST_PHASE[Existing(restriction.existing)],
            "correlation_id": because.correlation_id,
            "actors": because.actors,
        }
        return msgspec.convert(msgspec.structs.asdict(restriction) | derived, cls)

    @property
    def in_force(self) -> bool:
        """Whether the entry is part of the enterprise's standing."""
        return self.phase not in OVER

    @property
    def wants_shut(self) -> bool:
        """Whether the enterprise's ports are to be shut because of it."""
        return self.phase in WANTS_SHUT

    def renew(self, restriction: Restriction, version: int) -> None:
        """A newer standing still has the entry. What follows for ports was decided when it began."""
        self.article, self.reason = restriction.article, restriction.reason
        self.new_resources, self.until = restriction.new_resources, restriction.until
        self.version = version

    def end(self, version: int, at: datetime) -> None:
        """The entry left the standing: it was repaired, expired, or was withdrawn."""
        self.phase = ListingPhase.LIFTING if self.wants_shut else ListingPhase.ENDED
        self.version = version
        self.ended_at = at

    def shut_ports(self, because: Cause) -> None:
        """Staff decided to shut the enterprise's ports. Raises ConflictError where nothing is proposed."""
        self._require_proposed()
        self.phase = ListingPhase.SHUTTING
        self.actors = because.joined(self.actors).actors

    def leave_ports(self) -> None:
        """Staff decided to leave the enterprise's ports as they are. Raises as `shut_ports`."""
        self._require_proposed()
        self.phase = ListingPhase.NOTED

    def resume(self) -> None:
        """A port of the enterprise is open again that this listing has never ordered shut."""
        if self.phase is ListingPhase.SHUT:
            self.phase = ListingPhase.SHUTTING

    def conclude(self) -> None:
        """No port remains to be ordered shut, or no order to be lifted."""
        if self.phase is ListingPhase.SHUTTING:
            self.phase = ListingPhase.SHUT
        elif self.phase is ListingPhase.LIFTING:
            self.phase = ListingPhase.ENDED

    def _require_proposed(self) -> None:
        if self.phase is not ListingPhase.PROPOSED:
            raise ConflictError("proposal-state", f"The listing is {self.phase}: nothing is proposed.")
