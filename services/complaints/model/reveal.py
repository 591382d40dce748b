"""A reveal: the permission for one member of staff to see who complained, given by another for a stated reason.

    requested ──► approved ──(until it expires)──► any number of disclosures
        └───────► refused

Nothing about it leaves this service, so it has no events: its version counts its own steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.aggregate import ConflictError
from chassis.citation import Citation


class RevealState(StrEnum):
    """The state of a reveal. A decision is final; an approval expires."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"


class RevealDecision(StrEnum):
    """The decision of the second member of staff."""

    APPROVE = "approve"
    REFUSE = "refuse"


@dataclass(kw_only=True)
class Reveal:
    """One request to see the number of the complainant behind one complaint, and its decision.

    `province` is the complaint's. `requested_by` and `decided_by` are the subjects of tokens: people. `stored_version`
    is the version of its row (0: it is not stored yet). `rules` are those that the approval is based on.
    """

    id: UUID
    complaint_id: UUID
    province: str | None
    reason: str
    requested_by: str
    requested_at: datetime
    state: RevealState = RevealState.REQUESTED
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_reason: str | None = None
    expires_at: datetime | None = None
    rules: tuple[Citation, ...] = ()
    version: int = 1
    stored_version: int = 0

    def approve(self, reason: str, by: str, at: datetime, valid: timedelta, rule: Citation) -> None:
        """Let the requester see the number for as long as `valid`. Raises ConflictError: "four-eyes" where `by` is the
        requester, "reveal-state" where it is decided already."""
        self._decide(RevealState.APPROVED, reason, by, at)
        self.expires_at = at + valid
        self.rules = (rule,)

    def refuse(self, reason: str, by: str, at: datetime) -> None:
        """Refuse the request. Raises as `approve`."""
        self._decide(RevealState.REFUSED, reason, by, at)

    def require_disclosable(self, to: str, at: datetime) -> None:
        """Check that the number may be disclosed to this person at that moment; changes nothing.

        Raises ConflictError: "forbidden" where `to` is not the requester, "reveal-state" where the reveal is not
        approved, "reveal-expired" from the moment at which the approval expires.
        """
        if to != self.requested_by:
            raise ConflictError("forbidden", "A number is disclosed only to the person who requested it.")
        if self.expires_at is None:
            raise ConflictError("reveal-state", f"The reveal is {self.state.value}.")
        if at >= self.expires_at:
            raise ConflictError("reveal-expired", f"The approval ended at {self.expires_at.isoformat()}.")

    def _decide(self, state: RevealState, reason: str, by: str, at: datetime) -> None:
        if by == self.requested_by:
            raise ConflictError("four-eyes", "The person who requests a reveal cannot decide on it.")
        if self.state is not RevealState.REQUESTED:
            raise ConflictError("reveal-state", f"The reveal is {self.state.value} already.")
        self.state = state
        self.decided_by, self.decided_at, self.decision_reason = by, at, reason
        self.version += 1
