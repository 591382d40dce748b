"""What enterprises are restricted in, as carriers and authorities ask before they act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from contracts.credit import Restriction
from contracts.vocabulary import CreditList, Existing, NewResources, Tier
from services.credit.store.standings import restricted_among, restrictions_of

LISTED = Field(description="whether any restriction is in force")
REFUSED = Field(description="whether it is to be given no new port")


class RestrictionView(BaseModel):
    """What one listing means for its enterprise."""

    model_config = ConfigDict(from_attributes=True)

    entry: UUID
    list: CreditList
    tier: Tier
    reason: str = Field(description="for programs", examples=["listed-adverse-general"])
    article: str = Field(description="the law that it stands on")
    new_resources: NewResources = Field(description="what becomes of the ports that the enterprise applies for")
    existing: Existing = Field(description="what becomes of the ports that it has")
    since: datetime
    until: datetime


class StandingView(BaseModel):
    """Whether an enterprise is on a credit list now, and what follows from that."""

    code: str = Field(description="unified social credit code")
    listed: bool = LISTED
    refused: bool = REFUSED
    restrictions: Sequence[RestrictionView]


class CheckView(BaseModel):
    """Whether one of many enterprises is on a credit list now."""

    code: str = Field(description="unified social credit code")
    listed: bool = LISTED
    refused: bool = REFUSED
    reasons: Sequence[str] = Field(examples=[["listed-adverse-general"]])
    until: datetime | None = Field(description="when the last of its restrictions ends by itself")


class ChecksView(BaseModel):
    """The answers, in the order of the questions."""

    results: Sequence[CheckView]


class _Check(msgspec.Struct, frozen=True):
    """A CheckView as thousands of them are written: pydantic would take longer than everything else."""

    code: str
    listed: bool = False
    refused: bool = False
    reasons: tuple[str, ...] = ()
    until: datetime | None = None


def find_standing(read: Read, code: str, now: datetime) -> StandingView:
    """The standing of one enterprise at `now`; whom nobody ever listed is not listed."""
    restrictions = _in_force(restrictions_of(read, code), now)
    return StandingView(
        code=code,
        listed=bool(restrictions),
        refused=_refuses(restrictions),
        restrictions=[RestrictionView.model_validate(each) for each in restrictions],
    )


def check_all(read: Read, codes: Sequence[str], now: datetime) -> bytes:
    """A ChecksView, as JSON, of these enterprises at `now`, in their order; one that is named twice is answered
    twice."""
    restricted = restricted_among(read, codes)
    checks = [
        _checked(code, _in_force(restricted[code], now)) if code in restricted else _Check(code) for code in codes
    ]
    return msgspec.json.encode({"results": checks})


def _checked(code: str, restrictions: Sequence[Restriction]) -> _Check:
    return _Check(
        code=code,
        listed=bool(restrictions),
        refused=_refuses(restrictions),
        reasons=tuple({each.reason: None for each in restrictions}),
        until=max([each.until for each in restrictions], default=None),
    )


def _in_force(restrictions: Sequence[Restriction], now: datetime) -> Sequence[Restriction]:
    """Those whose time is not over: they end by themselves, however late the sweep is that says so."""
    return [each for each in restrictions if now < each.until]


def _refuses(restrictions: Sequence[Restriction]) -> bool:
    return NewResources.REFUSE in [each.new_resources for each in restrictions]
