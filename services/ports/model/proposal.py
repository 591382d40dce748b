"""A proposal to shut a port (made by staff, or by the rules because of complaints), or all ports of a listed enterprise
(made by the rules). A person decides it who is not in the chain of its ground.

proposed ──► shut | rejected       withdrawn: its ground fell, its listing ended, or its port was ordered shut
    └──────► withdrawn
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from chassis.aggregate import Cause, ConflictError, require_another_person, union
from chassis.citation import Citation
from chassis.ids import new_id
from services.ports.model.listing import Listing
from services.ports.model.order import ShutdownGround
from services.ports.model.port import PortKey

RULES = "rules"
"""The proposer where no person proposes."""
STAFF = "staff"
"""The proposer where a person proposes."""


class ProposalState(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    SHUT = "shut"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """The decision on a proposal."""

    SHUT = "shut"
    REJECT = "reject"


class ShutdownBasis(msgspec.Struct, frozen=True, kw_only=True):
    """Why a port is shut, as an order states it: because of complaints, of a listing, or by hand.

    `holder` and `provider` are the enterprises of the port's filing, `signature` is the one in the messages. `reasons`
    are those for the shutdown, `reservations` those against an order without a person.
    """

    ground: ShutdownGround
    attribution: str
    holder: str | None
    provider: str | None
    signature: str | None = None
    complainants: int = 0
    reasons: tuple[str, ...]
    rules: tuple[Citation, ...] = ()
    causes: tuple[str, ...]
    reservations: tuple[str, ...] = ()


@dataclass(kw_only=True)
class ShutdownProposal:
    """One proposal: of one port (`carrier`, `number`), or of a listing and its enterprise (`listing`, `code`).

    `basis` is there where the rules propose a port because of complaints. It publishes nothing, so its version counts
    its changes. `proposer` and `decider` are persons, shown to staff only; a proposal of the rules has no `proposer`.
    `actors` are the persons in the chain of its ground, who do not decide.
    `province` is the one that the port was filed for, if any; the ports of an enterprise belong to no single province.
    """

    id: UUID
    carrier: str | None = None
    number: str | None = None
    listing: UUID | None = None
    code: str | None = None
    province: str | None = None
    reason: str
    basis: ShutdownBasis | None = None
    proposed_by: str
    proposer: str | None = None
    actors: tuple[str, ...] = ()
    correlation_id: str
    proposed_at: datetime
    state: ProposalState = ProposalState.PROPOSED
    decider: str | None = None
    decision_reason: str | None = None
    decided_at: datetime | None = None
    order_id: UUID | None = None
    version: int = 1
    stored_version: int = 0

    @classmethod
    def of_enterprise(cls, listing: Listing, at: datetime) -> ShutdownProposal:
        """The rules propose to shut every port of a listed enterprise."""
        return cls(
            id=new_id(),
            listing=listing.entry,
            code=listing.code,
            reason=f"{listing.code} is on the {listing.list} list ({listing.tier}, {listing.article})",
            proposed_by=RULES,
            actors=listing.actors,
            correlation_id=listing.correlation_id,
            proposed_at=at,
        )

    @classmethod
    def on_complaints(
        cls, port: PortKey, province: str | None, basis: ShutdownBasis, at: datetime, because: Cause
    ) -> ShutdownProposal:
        """The rules propose to shut a port: complaints reach the bar, but do not suffice for an automatic order."""
        carrier, number = port
        return cls(
            id=new_id(),
            carrier=carrier,
            number=number,
            province=province,
            reason="; ".join((*basis.reasons, *basis.reservations)),
            basis=basis,
            proposed_by=RULES,
            actors=because.actors,
            correlation_id=because.correlation_id,
            proposed_at=at,
        )

    @property
    def port(self) -> PortKey:
        """The port of a proposal of one port."""
        assert self.carrier is not None
        assert self.number is not None
        return self.carrier, self.number

    def join(self, persons: Iterable[str]) -> None:
        """These persons have a part in its ground too."""
        self.actors = union(self.actors, persons)

    def decide(self, verdict: Verdict, decider: str, reason: str, at: datetime) -> None:
        """A person who is not in the chain of its ground decides. Raises ConflictError."""
        if self.state is not ProposalState.PROPOSED:
            raise ConflictError("proposal-state", f"The proposal is already {self.state}.")
        require_another_person(decider, (self.proposer, *self.actors))
        state = ProposalState.SHUT if verdict is Verdict.SHUT else ProposalState.REJECTED
        self._decided(state, decider, reason, at)

    def withdraw(self, reason: str, at: datetime) -> None:
        """Its ground no longer exists, or nothing is left to decide. A decision that was made stays."""
        if self.state is ProposalState.PROPOSED:
            self._decided(ProposalState.WITHDRAWN, None, reason, at)

    def _decided(self, state: ProposalState, decider: str | None, reason: str, at: datetime) -> None:
        self.state = state
        self.decider = decider
        self.decision_reason = reason
        self.decided_at = at
        self.version += 1
