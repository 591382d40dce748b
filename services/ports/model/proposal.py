"""A proposal to shut one port (made by staff), or all ports of a listed enterprise (made by the rules). A second person
decides it.

proposed ──► shut | rejected       withdrawn: the listing ended before the decision
    └──────► withdrawn
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.aggregate import ConflictError, require_another_person
from chassis.ids import new_id
from services.ports.model.listing import Listing

RULES = "rules"
"""The proposer of an enterprise's ports: no person."""
STAFF = "staff"
"""The proposer of one port: a person."""


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


@dataclass(kw_only=True)
class ShutdownProposal:
    """One proposal: of one port (`carrier`, `number`), or of a listing and its enterprise (`listing`, `code`).

    It publishes nothing, so its version counts its changes. `proposer` and `decider` are persons, shown to staff only;
    a proposal of the rules has no `proposer`. `actors` are the persons in the chain of its ground, who do not decide.
    `province` is the one that the port was filed for, if any; the ports of an enterprise belong to no single province.
    """

    id: UUID
    carrier: str | None = None
    number: str | None = None
    listing: UUID | None = None
    code: str | None = None
    province: str | None = None
    reason: str
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

    def decide(self, verdict: Verdict, decider: str, reason: str, at: datetime) -> None:
        """A person who is not in the chain of its ground decides. Raises ConflictError."""
        if self.state is not ProposalState.PROPOSED:
            raise ConflictError("proposal-state", f"The proposal is already {self.state}.")
        require_another_person(decider, (self.proposer, *self.actors))
        state = ProposalState.SHUT if verdict is Verdict.SHUT else ProposalState.REJECTED
        self._decided(state, decider, reason, at)

    def withdraw(self, reason: str, at: datetime) -> None:
        """The listing that it stands on has ended. A decision that was made stays."""
        if self.state is ProposalState.PROPOSED:
            self._decided(ProposalState.WITHDRAWN, None, reason, at)

    def _decided(self, state: ProposalState, decider: str | None, reason: str, at: datetime) -> None:
        self.state = state
        self.decider = decider
        self.decision_reason = reason
        self.decided_at = at
        self.version += 1
