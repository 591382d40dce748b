"""Facts of the credit service: entries of the credit lists, and the restrictions of an enterprise."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import msgspec

from chassis.citation import Citation
from chassis.event import Event
from chassis.redaction import Written
from contracts.moments import Moment


class ListingFact(Event, frozen=True, kw_only=True):
    """The whole published state of an entry of a credit list.

    `code` is a unified social credit code. `facts` is the ground in words, `article` the law, `causes` are references
    (`clue:<id>`, `order:<id>`, `withdrawal:<entry>`). Persons are not named: `proposed_by` is rules or staff.
    `withdrawal_review` is the outcome of the review of a withdrawal by staff, `replaced_by` the entry that took effect
    again because of it.
    """

    topic: ClassVar[str] = "credit.entries.v1"
    aggregate: ClassVar[str] = "entry"

    entry: UUID
    code: str
    name: Written | None
    list: str
    tier: str
    ground: str
    state: str
    facts: tuple[Written, ...]
    article: Written
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
    withdrawal_review: str | None = None
    replaced_by: UUID | None = None

    @property
    def aggregate_id(self) -> str:
        return str(self.entry)

    @property
    def key(self) -> str:
        return str(self.entry)


class ListingProposed(ListingFact, frozen=True, kw_only=True):
    """An enterprise is proposed for a credit list; it may contest the proposal."""

    type: ClassVar[str] = "listing-proposed.v1"


class ListingContested(ListingFact, frozen=True, kw_only=True):
    """The enterprise contests the proposal; staff decide."""

    type: ClassVar[str] = "listing-contested.v1"


class ListingEffective(ListingFact, frozen=True, kw_only=True):
    """A person other than the proposer has decided that the enterprise is listed."""

    type: ClassVar[str] = "listing-effective.v1"


class ListingRepaired(ListingFact, frozen=True, kw_only=True):
    """The enterprise has repaired its credit and is no longer listed."""

    type: ClassVar[str] = "listing-repaired.v1"


class ListingExpired(ListingFact, frozen=True, kw_only=True):
    """The term of the listing has ended."""

    type: ClassVar[str] = "listing-expired.v1"


class ListingWithdrawn(ListingFact, frozen=True, kw_only=True):
    """The proposal or the listing is withdrawn: it was not confirmed, or its decision was annulled."""

    type: ClassVar[str] = "listing-withdrawn.v1"


class WithdrawalReviewed(ListingFact, frozen=True, kw_only=True):
    """A second person has confirmed the withdrawal of the listing, or reversed it: then the same listing takes effect
    again, as a new entry."""

    type: ClassVar[str] = "withdrawal-reviewed.v1"


class Restriction(msgspec.Struct, frozen=True, kw_only=True):
    """The effect of one effective entry on its enterprise.

    `new_resources` (allow, refuse) applies to new ports, `existing` (none, propose, shut) to its existing ports;
    `reason` is a code for programs.
    """

    entry: UUID
    list: str
    tier: str
    reason: str
    article: Written
    new_resources: str
    existing: str
    since: Moment
    until: Moment


class StandingChanged(Event, frozen=True, kw_only=True):
    """Every restriction in force for an enterprise, or an empty list: the only fact of credit that other services
    use."""

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
