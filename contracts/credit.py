"""Facts of the credit service: entries of the credit lists, and what follows from them for an enterprise."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import msgspec

from chassis.citation import Citation
from chassis.event import Event
from contracts.moments import Moment


class ListingFact(Event, frozen=True, kw_only=True):
    """The whole published state of an entry of a credit list.

    `code` is a unified social credit code. `facts` are what it stands on, in words; `article` the law; `causes`
    references (`clue:<id>`, `order:<id>`). Persons are not named: `proposed_by` is rules or staff.
    """

    topic: ClassVar[str] = "credit.entries.v1"
    aggregate: ClassVar[str] = "entry"

    entry: UUID
    code: str
    name: str | None
    list: str
    tier: str
    ground: str
    state: str
    facts: tuple[str, ...]
    article: str
    rules: tuple[Citation, ...]
    causes: tuple[str, ...]
    proposed_by: str
    proposed_at: Moment
    contest_until: Moment
    contested_at: Moment | None
    effective_at: Moment | None
    until: Moment | None
    repairable_from: Moment | None
    repaired_at: Moment | None
    expired_at: Moment | None
    withdrawn_at: Moment | None
    withdrawal: str | None

    @property
    def aggregate_id(self) -> str:
        return str(self.entry)

    @property
    def key(self) -> str:
        return str(self.entry)


class ListingProposed(ListingFact, frozen=True, kw_only=True):
    """An enterprise is proposed for a credit list; it may contest that."""

    type: ClassVar[str] = "listing-proposed.v1"


class ListingContested(ListingFact, frozen=True, kw_only=True):
    """The enterprise contests the proposal: a matter for whoever decides."""

    type: ClassVar[str] = "listing-contested.v1"


class ListingEffective(ListingFact, frozen=True, kw_only=True):
    """Somebody else than who proposed it decided that the enterprise is listed."""

    type: ClassVar[str] = "listing-effective.v1"


class ListingRepaired(ListingFact, frozen=True, kw_only=True):
    """The enterprise put right what it was listed for: it is not listed any more."""

    type: ClassVar[str] = "listing-repaired.v1"


class ListingExpired(ListingFact, frozen=True, kw_only=True):
    """The time of the listing is over."""

    type: ClassVar[str] = "listing-expired.v1"


class ListingWithdrawn(ListingFact, frozen=True, kw_only=True):
    """The proposal or the listing was taken back: it was not confirmed, or its decision was annulled."""

    type: ClassVar[str] = "listing-withdrawn.v1"


class Restriction(msgspec.Struct, frozen=True, kw_only=True):
    """What one effective entry means for its enterprise.

    `new_resources` (allow, refuse) is for what it applies for, `existing` (none, propose, shut) for the ports it has;
    `reason` is a code for programs.
    """

    entry: UUID
    list: str
    tier: str
    reason: str
    article: str
    new_resources: str
    existing: str
    since: Moment
    until: Moment


class StandingChanged(Event, frozen=True, kw_only=True):
    """Every restriction that is now in force for an enterprise, or none: the one fact of credit that others act on."""

    type: ClassVar[str] = "standing-changed.v1"
    topic: ClassVar[str] = "credit.standings.v1"
    aggregate: ClassVar[str] = "standing"

    code: str
    restrictions: tuple[Restriction, ...]

    @property
    def aggregate_id(self) -> str:
        return self.code

    @property
    def key(self) -> str:
        return self.code
