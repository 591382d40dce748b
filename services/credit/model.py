"""Entries of the credit lists, and the standing of an enterprise: the restrictions of its effective entries.

The states of an entry:

    proposed ──► contested ──┐
       │             │       ├──► effective ──► repaired | expired | withdrawn
       └─────────────┴───────┘
       └─────────────┴──► withdrawn

A proposal is *open* until it is decided. A person in the chain of its ground cannot decide it: who proposed it, who
filed, corrected or concluded what it stands on, who recorded the objection. It is confirmed after the contest period;
an objection ends that period only where the enterprise waives the rest of it in writing.

One person of the staff withdraws a listing at once; a second one reviews that within a term, and confirms it or
reverses it: the same listing takes effect again, as a new entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec

from chassis.aggregate import Aggregate, Cause, ConflictError, Ground, fact
from chassis.citation import Citation
from chassis.event import Event
from chassis.ids import new_id, reference
from contracts.credit import (
    ListingContested,
    ListingEffective,
    ListingExpired,
    ListingFact,
    ListingProposed,
    ListingRepaired,
    ListingWithdrawn,
    Restriction,
    StandingChanged,
    WithdrawalReviewed,
)
from contracts.vocabulary import CreditList, Existing, NewResources, ReviewOutcome, Tier


class EntryState(StrEnum):
    """The state of an entry, from its proposal to its end."""

    PROPOSED = "proposed"
    CONTESTED = "contested"
    EFFECTIVE = "effective"
    REPAIRED = "repaired"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class ListingGround(StrEnum):
    """Why an enterprise is proposed: a fine, orders against its ports, or a proposal by staff."""

    FINED = "fined"
    ORDERS = "orders"
    BY_HAND = "by-hand"


class ProposedBy(StrEnum):
    """Who proposed an entry, without naming a person."""

    RULES = "rules"
    STAFF = "staff"


class EntryWithdrawal(StrEnum):
    """Why a proposal or a listing was withdrawn.

    REJECTED: staff decided against the proposal. GROUND_FELL: its orders were lifted or lost their ground.
    DECISION_ANNULLED: the authority's decision was annulled. MISTAKE: staff correct their own error.
    """

    REJECTED = "rejected"
    DECISION_ANNULLED = "decision-annulled"
    GROUND_FELL = "ground-fell"
    MISTAKE = "mistake"


OPEN = frozenset({EntryState.PROPOSED, EntryState.CONTESTED})
"""The states of an entry that is not decided yet."""
ACTIVE = OPEN | {EntryState.EFFECTIVE}
"""The states of an entry that has not ended."""


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects of a listing, by the rule in force on the day on which it takes effect (`citation`)."""

    period: timedelta
    repairable_after: timedelta
    published: bool
    new_resources: NewResources
    existing: Existing
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedListing:
    """An enterprise proposed for a credit list, by the rules or by staff.

    `cause` is the reference that makes the entry unique for its code and ground; None: the entry is its own cause.
    `causes` are all references that support it.
    """

    code: str
    name: str | None = None
    list: CreditList
    tier: Tier
    ground: ListingGround
    cause: str | None = None
    facts: tuple[str, ...]
    article: str
    rules: tuple[Citation, ...] = ()
    causes: tuple[str, ...]


@dataclass(kw_only=True)
class Entry(Ground):
    """One enterprise on one list, with its grounds.

    `cause` makes it unique with code and ground (`clue:<id>`, `order:<id>`; `entry:<its own id>` by hand;
    `withdrawal:<entry>` where that was reversed); `causes` are all references that support it. `proposer` and
    `decided_by` are persons; no fact names them. Its effects (`published`, `new_resources`, `existing`) are known once
    it is effective.
    """

    published_as: ClassVar[type[Event] | None] = ListingFact

    code: str
    name: str | None
    list: CreditList
    tier: Tier
    ground: ListingGround
    cause: str
    correlation_id: str
    facts: tuple[str, ...]
    article: str
    rules: tuple[Citation, ...]
    causes: tuple[str, ...]
    proposer: str | None
    proposed_at: datetime
    contest_until: datetime
    state: EntryState = EntryState.PROPOSED
    contested_at: datetime | None = None
    objection: str | None = None
    waived_at: datetime | None = None
    decided_by: str | None = None
    decision_reason: str | None = None
    effective_at: datetime | None = None
    until: datetime | None = None
    repairable_from: datetime | None = None
    published: bool | None = None
    new_resources: NewResources | None = None
    existing: Existing | None = None
    repaired_at: datetime | None = None
    repair_statement: str | None = None
    expired_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawal: EntryWithdrawal | None = None
    withdrawal_note: str | None = None
    review_withdrawal_by: datetime | None = None
    withdrawal_reviewed_at: datetime | None = None
    withdrawal_review: ReviewOutcome | None = None
    withdrawal_review_reason: str | None = None
    replaced_by: UUID | None = None

    @classmethod
    def propose(
        cls, listing: ProposedListing, *, proposer: str | None, at: datetime, contest_until: datetime, because: Cause
    ) -> Entry:
        """Propose the enterprise for the list. `proposer` None: the rules propose it."""
        identifier = new_id()
        entry = cls(
            id=identifier,
            code=listing.code,
            name=listing.name,
            list=listing.list,
            tier=listing.tier,
            ground=listing.ground,
            cause=listing.cause or reference("entry", identifier),
            correlation_id=because.correlation_id,
            facts=listing.facts,
            article=listing.article,
            rules=listing.rules,
            causes=listing.causes,
            proposer=proposer,
            proposed_at=at,
            contest_until=contest_until,
        )
        entry._record(ListingProposed, because.joined(() if proposer is None else (proposer,)))
        return entry

    @property
    def entry(self) -> UUID:
        """Its id, as facts and restrictions call it."""
        return self.id

    @property
    def proposed_by(self) -> ProposedBy:
        """Who proposed it, without naming a person."""
        return ProposedBy.RULES if self.proposer is None else ProposedBy.STAFF

    @property
    def province(self) -> str:
        """The province in which its enterprise is registered: six digits."""
        return province_of_code(self.code)

    @property
    def since(self) -> datetime | None:
        """The start of its restriction, as restrictions and the public list call it."""
        return self.effective_at

    @property
    def reason(self) -> str:
        """The code of its restriction, for programs."""
        return f"listed-{self.list}-{self.tier}"

    def contest(self, objection: str, at: datetime, because: Cause, *, waives_term: bool = False) -> None:
        """The enterprise contests the proposal, once and within the contest period. `waives_term`: it waives the rest
        of the period in writing."""
        self._require(EntryState.PROPOSED, act="contested")
        if at >= self.contest_until:
            raise ConflictError("contest-period-over", f"It could be contested until {_format(self.contest_until)}.")
        self.state = EntryState.CONTESTED
        self.contested_at = at
        self.objection = objection
        self.waived_at = at if waives_term else None
        self._record(ListingContested, because)

    def confirm(self, effects: Effects, decider: str, reason: str, at: datetime, because: Cause) -> None:
        """A second person lists the enterprise, with these effects."""
        self._require(*OPEN, act="confirmed")
        self.require_another_person(decider)
        if self.waived_at is None and at < self.contest_until:
            raise ConflictError(
                "contest-period-runs", f"The enterprise may contest it until {_format(self.contest_until)}."
            )
        self.state = EntryState.EFFECTIVE
        self.decided_by, self.decision_reason = decider, reason
        self.effective_at = at
        self.until = at + effects.period
        self.repairable_from = at + effects.repairable_after
        self.published = effects.published
        self.new_resources, self.existing = effects.new_resources, effects.existing
        self.rules = (*self.rules, effects.citation)
        self._record(ListingEffective, because)

    def reject(self, decider: str, reason: str, at: datetime, because: Cause) -> None:
        """A second person decides against the proposal; the contest period need not be over."""
        self._require(*OPEN, act="rejected")
        self.require_another_person(decider)
        self.decided_by, self.decision_reason = decider, reason
        self._withdraw(EntryWithdrawal.REJECTED, None, at, because)

    def repair(self, statement: str, at: datetime, because: Cause) -> None:
        """The enterprise has corrected the breach, and the minimum time of the listing is over."""
        self._require(EntryState.EFFECTIVE, act="repaired")
        assert self.repairable_from is not None
        if at < self.repairable_from:
            raise ConflictError("repair-too-early", f"It can be repaired from {_format(self.repairable_from)} on.")
        self.state = EntryState.REPAIRED
        self.repaired_at = at
        self.repair_statement = statement
        self._record(ListingRepaired, because)

    def withdraw(
        self,
        reason: EntryWithdrawal,
        note: str | None,
        at: datetime,
        because: Cause,
        *,
        review_by: datetime | None = None,
    ) -> None:
        """Withdraw a proposal or a listing whose grounds fell or never existed. A second person reviews the withdrawal
        of a listing by staff until `review_by`. None: it is withdrawn by rule, which needs no review."""
        self._require(*ACTIVE, act="withdrawn")
        self.review_withdrawal_by = review_by if self.state is EntryState.EFFECTIVE else None
        self._withdraw(reason, note, at, because)

    def review_withdrawal(
        self, outcome: ReviewOutcome, reviewer: str, reason: str, at: datetime, because: Cause
    ) -> Entry | None:
        """A person without a part in the withdrawal and its ground reviews it. Returns the entry that takes effect
        again where the withdrawal is reversed: on the same grounds, until the same day."""
        if self.review_withdrawal_by is None or self.withdrawal_review is not None:
            raise ConflictError("entry-state", "Only the withdrawal of a listing by staff is reviewed, and once.")
        self.require_another_person(reviewer)
        again = self._again(reviewer, reason, at) if outcome is ReviewOutcome.REVERSED else None
        self.withdrawal_review = outcome
        self.withdrawal_review_reason = reason
        self.withdrawal_reviewed_at = at
        self.replaced_by = None if again is None else again.id
        self._record(WithdrawalReviewed, because)
        if again is not None:
            again._record(ListingEffective, self.caused(because))
        return again

    def _again(self, decider: str, reason: str, at: datetime) -> Entry:
        if self.until is not None and self.until <= at:
            raise ConflictError("entry-state", f"The period of the listing was over at {_format(self.until)}.")
        cause = reference("withdrawal", self.id)
        return replace(
            self,
            id=new_id(),
            version=0,
            recorded=[],
            cause=cause,
            causes=(cause, *self.causes),
            state=EntryState.EFFECTIVE,
            effective_at=at,
            decided_by=decider,
            decision_reason=reason,
            withdrawn_at=None,
            withdrawal=None,
            withdrawal_note=None,
            review_withdrawal_by=None,
        )

    def expire(self, now: datetime, because: Cause) -> bool:
        """End a listing whose period is over. False: it is not effective, or its period is not over."""
        if self.state is not EntryState.EFFECTIVE or self.until is None or now < self.until:
            return False
        self.state = EntryState.EXPIRED
        self.expired_at = now
        self._record(ListingExpired, because)
        return True

    def caused(self, because: Cause) -> Cause:
        """The cause of what follows from a step of this entry: part of the entry's own story, with its chain."""
        return because.within(self.correlation_id).joined(self.actors)

    def restriction(self) -> Restriction:
        """Its restriction of the enterprise while it is effective.

        Raises msgspec.ValidationError where it never took effect.
        """
        return msgspec.convert(self, Restriction, from_attributes=True)

    def _withdraw(self, reason: EntryWithdrawal, note: str | None, at: datetime, because: Cause) -> None:
        self.state = EntryState.WITHDRAWN
        self.withdrawn_at = at
        self.withdrawal = reason
        self.withdrawal_note = note
        self._record(ListingWithdrawn, because)

    def _require(self, *states: EntryState, act: str) -> None:
        if self.state not in states:
            wanted = " or ".join(state for state in EntryState if state in states)
            raise ConflictError("entry-state", f"An entry that is {self.state} cannot be {act}; it must be {wanted}.")

    def _record(self, kind: type[ListingFact], because: Cause) -> None:
        self.record(fact(kind, self), self.caused(because))


@dataclass(kw_only=True)
class EnterpriseStanding(Aggregate):
    """The restrictions of an enterprise's effective entries, sorted by the time at which they took effect."""

    published_as: ClassVar[type[Event] | None] = StandingChanged

    code: str
    restrictions: tuple[Restriction, ...] = ()

    def restate(self, restrictions: Iterable[Restriction], because: Cause) -> bool:
        """Replace all restrictions. False where they are unchanged: nothing is published then."""
        now = tuple(sorted(restrictions, key=lambda each: (each.since, each.entry)))
        if now == self.restrictions:
            return False
        self.restrictions = now
        self.record(fact(StandingChanged, self), because)
        return True


def province_of_code(code: str) -> str:
    """The province in which an enterprise is registered, by its credit code: six digits."""
    return f"{code[2:4]}0000"


def _format(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
