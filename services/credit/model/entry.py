"""An entry of a credit list.

    proposed ──► contested ──┐
       │             │       ├──► effective ──► repaired | expired | withdrawn
       └─────────────┴───────┘
       └─────────────┴──► withdrawn

A proposal is *open* until it is decided on. Whoever proposed it does not decide it; it is confirmed once the time to
contest it is over, or the enterprise has contested it. What the rules propose any one person of staff decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.aggregate import Aggregate, Cause, ConflictError
from chassis.citation import Citation
from chassis.ids import new_id
from contracts.credit import (
    ListingContested,
    ListingEffective,
    ListingExpired,
    ListingFact,
    ListingProposed,
    ListingRepaired,
    ListingWithdrawn,
    Restriction,
)
from contracts.vocabulary import CreditList, Existing, NewResources, Tier


class EntryState(StrEnum):
    """Where an entry stands between its proposal and its end."""

    PROPOSED = "proposed"
    CONTESTED = "contested"
    EFFECTIVE = "effective"
    REPAIRED = "repaired"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Ground(StrEnum):
    """What an enterprise is proposed for: a fine, orders against its ports, or what staff know of it."""

    FINED = "fined"
    ORDERS = "orders"
    BY_HAND = "by-hand"


class ProposedBy(StrEnum):
    """Who proposed an entry, as far as others are told."""

    RULES = "rules"
    STAFF = "staff"


class Withdrawal(StrEnum):
    """Why a proposal or a listing was taken back.

    REJECTED is decided, GROUND_FELL follows from orders that fell, DECISION_ANNULLED from what an authority says or
    staff know, MISTAKE is for staff to admit.
    """

    REJECTED = "rejected"
    DECISION_ANNULLED = "decision-annulled"
    GROUND_FELL = "ground-fell"
    MISTAKE = "mistake"


OPEN = frozenset({EntryState.PROPOSED, EntryState.CONTESTED})
"""The states in which nobody has decided yet."""
STANDING = OPEN | {EntryState.EFFECTIVE}
"""The states of an entry that has not come to an end."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What a listing of one list and tier means, by the rule of the day on which it takes effect."""

    period: timedelta
    repairable_after: timedelta
    published: bool
    new_resources: NewResources
    existing: Existing
    rule: Citation


@dataclass(kw_only=True)
class Entry(Aggregate):
    """One enterprise on one list, with what it stands on.

    `cause` makes it unique with code and ground (`clue:<id>`, `order:<id>`; `entry:<its own id>` by hand); `causes` are
    all the references it stands on. `proposer` and `decided_by` are persons, whom no fact names. What follows from it
    (`published`, `new_resources`, `existing`) is known once it is effective.
    """

    code: str
    name: str | None
    list: CreditList
    tier: Tier
    ground: Ground
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
    withdrawal: Withdrawal | None = None
    withdrawal_note: str | None = None

    @classmethod
    def propose(
        cls,
        *,
        code: str,
        name: str | None,
        list: CreditList,  # noqa: A002 - the field's term
        tier: Tier,
        ground: Ground,
        cause: str | None,
        facts: tuple[str, ...],
        article: str,
        rules: tuple[Citation, ...],
        causes: tuple[str, ...],
        proposer: str | None,
        at: datetime,
        contest_until: datetime,
        because: Cause,
    ) -> Entry:
        """Propose the enterprise for the list. Without a `cause` the entry stands for itself; `proposer` None: the
        rules."""
        identifier = new_id()
        entry = cls(
            id=identifier,
            code=code,
            name=name,
            list=list,
            tier=tier,
            ground=ground,
            cause=cause or reference("entry", identifier),
            correlation_id=because.correlation_id,
            facts=facts,
            article=article,
            rules=rules,
            causes=causes,
            proposer=proposer,
            proposed_at=at,
            contest_until=contest_until,
        )
        entry._record(ListingProposed, because)
        return entry

    @property
    def proposed_by(self) -> ProposedBy:
        """Who proposed it, without naming a person."""
        return ProposedBy.RULES if self.proposer is None else ProposedBy.STAFF

    @property
    def province(self) -> str:
        """The province in which its enterprise is registered: six digits."""
        return province_of_code(self.code)

    def contest(self, objection: str, at: datetime, because: Cause) -> None:
        """The enterprise contests the proposal, in time, once."""
        self._require(EntryState.PROPOSED, act="contested")
        if at >= self.contest_until:
            raise ConflictError("contest-period-over", f"It could be contested until {_told(self.contest_until)}.")
        self.state = EntryState.CONTESTED
        self.contested_at = at
        self.objection = objection
        self._record(ListingContested, because)

    def confirm(self, effects: Effects, decider: str, reason: str, at: datetime, because: Cause) -> None:
        """Somebody else than who proposed it decides that the enterprise is listed, with these effects."""
        self._require(*OPEN, act="confirmed")
        self._require_other_eyes(decider)
        if self.state is EntryState.PROPOSED and at < self.contest_until:
            raise ConflictError(
                "contest-period-runs", f"The enterprise may contest it until {_told(self.contest_until)}."
            )
        self.state = EntryState.EFFECTIVE
        self.decided_by, self.decision_reason = decider, reason
        self.effective_at = at
        self.until = at + effects.period
        self.repairable_from = at + effects.repairable_after
        self.published = effects.published
        self.new_resources, self.existing = effects.new_resources, effects.existing
        self.rules = (*self.rules, effects.rule)
        self._record(ListingEffective, because)

    def reject(self, decider: str, reason: str, at: datetime, because: Cause) -> None:
        """Somebody else than who proposed it decides that the enterprise is not listed; that may be done at once."""
        self._require(*OPEN, act="rejected")
        self._require_other_eyes(decider)
        self.decided_by, self.decision_reason = decider, reason
        self._withdraw(Withdrawal.REJECTED, None, at, because)

    def repair(self, statement: str, at: datetime, because: Cause) -> None:
        """The enterprise put right what it was listed for, and the least time of the listing is over."""
        self._require(EntryState.EFFECTIVE, act="repaired")
        assert self.repairable_from is not None
        if at < self.repairable_from:
            raise ConflictError("repair-too-early", f"It can be repaired from {_told(self.repairable_from)} on.")
        self.state = EntryState.REPAIRED
        self.repaired_at = at
        self.repair_statement = statement
        self._record(ListingRepaired, because)

    def withdraw(self, reason: Withdrawal, note: str | None, at: datetime, because: Cause) -> None:
        """Take a proposal or a listing back: what it stands on fell, or never was."""
        self._require(*STANDING, act="withdrawn")
        self._withdraw(reason, note, at, because)

    def expire(self, now: datetime, because: Cause) -> bool:
        """The time of the listing is over. False when it is not."""
        if self.state is not EntryState.EFFECTIVE or self.until is None or now < self.until:
            return False
        self.state = EntryState.EXPIRED
        self.expired_at = now
        self._record(ListingExpired, because)
        return True

    def caused(self, because: Cause) -> Cause:
        """The cause of whatever a step of this entry leads to: a part of the entry's own story."""
        return Cause(self.correlation_id, because.causation_id, because.traceparent)

    def restriction(self) -> Restriction:
        """What it means for its enterprise while it is effective."""
        assert self.effective_at is not None
        assert self.until is not None
        assert self.new_resources is not None
        assert self.existing is not None
        return Restriction(
            entry=self.id,
            list=self.list,
            tier=self.tier,
            reason=f"listed-{self.list}-{self.tier}",
            article=self.article,
            new_resources=self.new_resources,
            existing=self.existing,
            since=self.effective_at,
            until=self.until,
        )

    def _withdraw(self, reason: Withdrawal, note: str | None, at: datetime, because: Cause) -> None:
        self.state = EntryState.WITHDRAWN
        self.withdrawn_at = at
        self.withdrawal = reason
        self.withdrawal_note = note
        self._record(ListingWithdrawn, because)

    def _require(self, *states: EntryState, act: str) -> None:
        if self.state not in states:
            wanted = " or ".join(state for state in EntryState if state in states)
            raise ConflictError("entry-state", f"An entry that is {self.state} can not be {act}; it must be {wanted}.")

    def _require_other_eyes(self, decider: str) -> None:
        if decider == self.proposer:
            raise ConflictError("four-eyes", "Who proposed an entry does not decide it.")

    def _record(self, kind: type[ListingFact], because: Cause) -> None:
        self.record(
            kind(
                entry=self.id,
                code=self.code,
                name=self.name,
                list=self.list,
                tier=self.tier,
                ground=self.ground,
                state=self.state,
                facts=self.facts,
                article=self.article,
                rules=self.rules,
                causes=self.causes,
                proposed_by=self.proposed_by,
                proposed_at=self.proposed_at,
                contest_until=self.contest_until,
                contested_at=self.contested_at,
                effective_at=self.effective_at,
                until=self.until,
                repairable_from=self.repairable_from,
                repaired_at=self.repaired_at,
                expired_at=self.expired_at,
                withdrawn_at=self.withdrawn_at,
                withdrawal=self.withdrawal,
            ),
            self.caused(because),
        )


def reference(kind: str, identifier: UUID) -> str:
    """How a cause is named: `clue:<id>`, `order:<id>`, `entry:<id>`."""
    return f"{kind}:{identifier}"


def province_of_code(code: str) -> str:
    """The province in which the enterprise of a credit code is registered, as that code says: six digits."""
    return f"{code[2:4]}0000"


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
