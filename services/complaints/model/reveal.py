"""A reveal: that somebody of the staff may see who complained, because of a reason and a second person.

    requested ──► approved ──(until it expires)──► any number of disclosures
        └───────► refused

It tells nobody outside of this service, so it has no events: its version counts its own steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.aggregate import ConflictError
from chassis.citation import Citation
from chassis.ids import new_id


class RevealState(StrEnum):
    """Where a reveal stands. What was decided stays decided; an approval ends by itself."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"


class Decision(StrEnum):
    """What the second person says."""

    APPROVE = "approve"
    REFUSE = "refuse"


@dataclass(kw_only=True)
class Reveal:
    """One person's request to see the number behind one complaint, and what became of it.

    `province` is the complaint's. `requested_by` and `decided_by` are the subjects of tokens: people. `stored_version`
    is the version of its row (0: there is none). `rules` are those that the approval stands on.
    """

    id: UUID
    complaint: UUID
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

    @classmethod
    def request(cls, complaint: UUID, province: str | None, reason: str, by: str, at: datetime) -> Reveal:
        """Somebody asks to see who filed this complaint."""
        return cls(id=new_id(), complaint=complaint, province=province, reason=reason, requested_by=by, requested_at=at)

    def approve(self, reason: str, by: str, at: datetime, valid: timedelta, rule: Citation) -> None:
        """A second person lets the first one see the number for as long as `valid`. Raises ConflictError:
        "four-eyes" for whoever requested it, "reveal-state" when it is decided already."""
        self._decide(RevealState.APPROVED, reason, by, at)
        self.expires_at = at + valid
        self.rules = (rule,)

    def refuse(self, reason: str, by: str, at: datetime) -> None:
        """A second person does not. Raises as `approve`."""
        self._decide(RevealState.REFUSED, reason, by, at)

    def disclose(self, to: str, at: datetime) -> None:
        """Check that the number may be told to this person now; changes nothing.

        Raises ConflictError: "forbidden" for anybody but whom it was approved for, "reveal-state" unless it is
        approved, "reveal-expired" from the moment on at which it expires.
        """
        if to != self.requested_by:
            raise ConflictError("forbidden", "A number is told only to the person who asked for it.")
        if self.expires_at is None:
            raise ConflictError("reveal-state", f"The reveal is {self.state.value}.")
        if at >= self.expires_at:
            raise ConflictError("reveal-expired", f"The approval ended at {self.expires_at.isoformat()}.")

    def _decide(self, state: RevealState, reason: str, by: str, at: datetime) -> None:
        if by == self.requested_by:
            raise ConflictError("four-eyes", "Whoever asks to see a number does not decide on it.")
        if self.state is not RevealState.REQUESTED:
            raise ConflictError("reveal-state", f"The reveal is {self.state.value} already.")
        self.state = state
        self.decided_by, self.decided_at, self.decision_reason = by, at, reason
        self.version += 1
