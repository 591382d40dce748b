"""What is sent with the acts upon a clue."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.http.problems import Invalid
from contracts.authorities import AUTHORITIES
from contracts.referrals import Conclusion
from contracts.vocabulary import ConclusionCode, ReturnReason
from services.referrals.policy.conclusions import LONGEST_NAME, LONGEST_NOTE, MOST_YUAN

Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]
Note = Annotated[str | None, Field(min_length=1, max_length=LONGEST_NOTE)]
Name = Annotated[str | None, Field(min_length=1, max_length=LONGEST_NAME)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReturnIn(_Strict):
    """Why the authority returns a clue, and who it thinks is competent."""

    reason: ReturnReason
    note: Note = None
    suggested: Name = Field(None, description="code of the authority that it suggests", examples=["MOE"])


class ExtensionIn(_Strict):
    """Why the authority needs more time."""

    reason: Reason


class ConclusionIn(_Strict):
    """What the authority found and did."""

    code: ConclusionCode
    amount: int | None = Field(None, ge=-MOST_YUAN, le=MOST_YUAN, description="of a fine, in yuan; only with `fined`")
    enterprise: Name = Field(None, description="credit code of who was found to be behind the subject")
    decision: Name = Field(None, description="number of the authority's decision")
    merged_into: UUID | None = Field(None, description="the clue in whose case it is dealt with; only with `merged`")
    transferred_to: Name = Field(None, description="to whom it was handed on; only with `transferred`")
    note: Note = None

    @property
    def conclusion(self) -> Conclusion:
        """What is said of the clue."""
        return Conclusion(**self.model_dump())


class AnnulmentIn(_Strict):
    """Why the decision fell."""

    reason: Reason


class RoutingIn(_Strict):
    """Who is competent, and why."""

    authority: str = Field(max_length=LONGEST_NAME, examples=["MOE"])
    reason: Reason


class SealingIn(_Strict):
    """What is to be sealed now, and why."""

    authority: Name = Field(None, description="for whom; for all without it")
    through: str | None = Field(
        None, pattern="^[0-9]{4}Q[1-4]$", description="of the quarters through this one; of all without it"
    )
    reason: Reason


class ReceiptIn(_Strict):
    """What the authority has: the digest of the manifest that it fetched."""

    digest: str = Field(
        pattern="^[0-9a-f]{64}$", description="SHA-256 of the first line of the content, without its end"
    )


def known_authority(code: str, pointer: str) -> None:
    """Raises Invalid for a code that is no authority's."""
    if code not in AUTHORITIES:
        raise Invalid.value("body", pointer, "there is no such authority")
