"""A proposal to shut one port, by staff, or all ports of a listed enterprise, by the rules: four eyes decide it.

proposed ──► shut | rejected       withdrawn: the listing ended before anybody decided
    └──────► withdrawn
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.aggregate import ConflictError
from chassis.ids import new_id
from services.ports.model.listing import Listing

RULES = "rules"
STAFF = "staff"
"""Who proposes: nobody in particular, or a person."""


class ProposalState(StrEnum):
    """What became of a proposal."""

    PROPOSED = "proposed"
    SHUT = "shut"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """What whoever decides a proposal may say."""

    SHUT = "shut"
    REJECT = "reject"


@dataclass(kw_only=True)
class ShutdownProposal:
    """One proposal: of one port (`carrier`, `number`), or of a listing and its enterprise (`listing`, `code`).

    It publishes nothing, so its version counts its changes. `proposer` and `decider` are persons, whom only staff are
    told of; rules have no `proposer`. `province` is the one for which the port was filed, if it was for one; an
    enterprise has ports everywhere.
    """

    id: UUID
    carrier: str | None
    number: str | None
    listing: UUID | None
    code: str | None
    province: str | None
    reason: str
    proposed_by: str
    proposer: str | None
    correlation_id: str
    proposed_at: datetime
    state: ProposalState = ProposalState.PROPOSED
    decider: str | None = None
    decision_reason: str | None = None
    decided_at: datetime | None = None
    order: UUID | None = None
    version: int = 1
    stored_version: int = 0

    @classmethod
    def of_port(
        cls,
        carrier: str,
        number: str,
        *,
        province: str | None,
        reason: str,
        proposer: str,
        correlation_id: str,
        at: datetime,
    ) -> ShutdownProposal:
        """One of staff proposes to shut a port."""
        return cls(
            id=new_id(),
            carrier=carrier,
            number=number,
            listing=None,
            code=None,
            province=province,
            reason=reason,
            proposed_by=STAFF,
            proposer=proposer,
            correlation_id=correlation_id,
            proposed_at=at,
        )

    @classmethod
    def of_enterprise(cls, listing: Listing, at: datetime) -> ShutdownProposal:
        """The rules propose to shut every port of a listed enterprise."""
        return cls(
            id=new_id(),
            carrier=None,
            number=None,
            listing=listing.entry,
            code=listing.code,
            province=None,
            reason=f"{listing.code} is on the {listing.list} list ({listing.tier}, {listing.article})",
            proposed_by=RULES,
            proposer=None,
            correlation_id=listing.correlation_id,
            proposed_at=at,
        )

    def decide(self, verdict: Verdict, decider: str, reason: str, at: datetime) -> None:
        """Somebody else than who proposed it decides. Raises ConflictError."""
        if self.state is not ProposalState.PROPOSED:
            raise ConflictError("proposal-state", f"The proposal is {self.state} already.")
        if decider == self.proposer:
            raise ConflictError("four-eyes", "Who proposed it does not decide it.")
        state = ProposalState.SHUT if verdict is Verdict.SHUT else ProposalState.REJECTED
        self._decided(state, decider, reason, at)

    def withdraw(self, reason: str, at: datetime) -> None:
        """What it was proposed for is gone. What was decided stays so."""
        if self.state is ProposalState.PROPOSED:
            self._decided(ProposalState.WITHDRAWN, None, reason, at)

    def _decided(self, state: ProposalState, decider: str | None, reason: str, at: datetime) -> None:
        self.state = state
        self.decider = decider
        self.decision_reason = reason
        self.decided_at = at
        self.version += 1
