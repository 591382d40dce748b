"""The bodies of requests that act on clues and batches."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field

from chassis.http.faults import form
from chassis.http.records import RecordBody
from chassis.http.times import Quarter
from chassis.http.words import Words
from contracts.vocabulary import ReturnReason
from services.referrals.policy.conclusions import LONGEST_NAME, LONGEST_NOTE, ConclusionForm

Reason = Annotated[Words, Field(min_length=1, max_length=LONGEST_NOTE)]
Note = Annotated[Words | None, Field(min_length=1, max_length=LONGEST_NOTE)]
Name = Annotated[Words | None, Field(min_length=1, max_length=LONGEST_NAME)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReturnIn(_Strict):
    """Why the authority returns the clue, and which authority it suggests."""

    reason: ReturnReason
    note: Note = None
    suggested: Name = Field(None, description="code of the suggested authority", examples=["MOE"])


class ExtensionIn(_Strict):
    """Why the authority needs more time."""

    reason: Reason


ConclusionIn = Annotated[ConclusionForm, Body(), RecordBody("ConclusionIn")]
"""What the authority found and did."""


class AnnulmentIn(_Strict):
    """Why the decision was annulled."""

    reason: Reason


class RoutingIn(_Strict):
    """The competent authority, and why."""

    authority: str = Field(max_length=LONGEST_NAME, examples=["MOE"])
    reason: Reason


class SealingIn(_Strict):
    """Which clues to seal now, and why."""

    authority: Name = Field(None, description="the authority whose clues to seal; all authorities where omitted")
    through: Quarter | None = Field(None, description="the last quarter to seal; all quarters where omitted")
    reason: Reason


class ReceiptIn(_Strict):
    """The digest of the manifest that the authority has fetched."""

    digest: str = Field(
        pattern=form("^[0-9a-f]{64}$", "must be a SHA-256 in 64 hexadecimal digits, in small letters"),
        description="SHA-256 of the first line of the content, without its line break",
    )
