"""Figures for staff, counted when they are requested."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis.database import Read
from chassis.http.queries import count_by
from contracts.authorities import AUTHORITIES
from contracts.vocabulary import ConclusionCode
from services.referrals.model import ClueState
from services.referrals.policy.subjects import SetAside
from services.referrals.store.tables import CLUES, EVIDENCE


class ComplaintFigures(BaseModel):
    """Complaints. `received` counts all of them: spam, not spam and withdrawn. Every complaint about spam is in a clue,
    or set aside for one of the reasons."""

    received: int
    spam: int
    in_clues: int
    set_aside: int
    set_aside_reasons: dict[SetAside, int]
    withdrawn: int
    not_spam: int


class ClueFigures(BaseModel):
    """Clues. `opened` counts all there ever were, and is the sum of `states`. The counts from `referred` to `annulled`
    are of clues that ever got that far. `conclusions` add up to `concluded`."""

    opened: int
    referred: int
    received: int
    returned: int
    concluded: int
    overdue: int = Field(description="a deadline passed without a conclusion, whatever followed")
    annulled: int
    states: dict[ClueState, int]
    conclusions: dict[ConclusionCode, int]
    unrouted: int = Field(description="not concluded, and no authority is known to be competent")
    own: int = Field(description="not concluded, and the regulator itself is competent")
    in_time: int = Field(description="with an authority that can still conclude them in time")


class BatchFigures(BaseModel):
    """Batches. `clues` are the documents in them: a clue that is returned and routed is handed over more than once."""

    sealed: int
    received: int
    clues: int


class ReferralStatistics(BaseModel):
    """The figures of this service."""

    complaints: ComplaintFigures
    clues: ClueFigures
    batches: BatchFigures


def count_everything(read: Read) -> ReferralStatistics:
    """All figures, of one moment: they add up while others write. Must be the first read of its transaction."""
    read.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    complaints, clues = read.execute(_COMPLAINTS).one(), read.execute(_CLUES, {"own": _own()}).one()
    batches = read.execute(_BATCHES).one()
    return ReferralStatistics.model_validate(
        {
            "complaints": {
                **complaints._mapping,
                "set_aside_reasons": count_by(read, EVIDENCE.c.set_aside, SetAside),
            },
            "clues": {
                **clues._mapping,
                "states": count_by(read, CLUES.c.state, ClueState),
                "conclusions": count_by(read, CLUES.c.conclusion_code, ConclusionCode),
            },
            "batches": dict(batches._mapping),
        }
    )


_COMPLAINTS = sa.text(
    "SELECT count(*) AS received, count(*) FILTER (WHERE counts) AS spam, count(clue_id) AS in_clues, "
    "count(set_aside) AS set_aside, count(*) FILTER (WHERE withdrawn) AS withdrawn, "
    "count(*) FILTER (WHERE NOT counts AND NOT withdrawn) AS not_spam FROM evidence"
)
_CLUES = sa.text(
    "SELECT count(*) AS opened, count(referred_at) AS referred, count(first_received_at) AS received, "
    "count(returned_at) AS returned, count(concluded_at) AS concluded, count(first_overdue_at) AS overdue, "
    "count(annulled_at) AS annulled, "
    "count(*) FILTER (WHERE authority IS NULL AND concluded_at IS NULL) AS unrouted, "
    "count(*) FILTER (WHERE authority = ANY(CAST(:own AS text[])) AND concluded_at IS NULL) AS own, "
    "count(*) FILTER (WHERE due_at IS NOT NULL) AS in_time FROM clues"
)
_BATCHES = sa.text(
    "SELECT count(*) AS sealed, count(received_at) AS received, coalesce(sum(clues), 0) AS clues FROM batches"
)


def _own() -> list[str]:
    return [each.code for each in AUTHORITIES.values() if each.own]
