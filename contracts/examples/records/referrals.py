"""A clue on the shop behind the port: opened, referred to a ministry, and concluded with a fine."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.citation import Citation
from chassis.redaction import Written
from contracts.examples.records.record import ACT, CLUE, COMPLAINT, SHOP, Record, days, id_of, minutes
from contracts.referrals import (
    BatchReceived,
    BatchSealed,
    ClueConcluded,
    ClueExtended,
    ClueFact,
    ClueOpened,
    ClueOverdue,
    ClueReceived,
    ClueReferred,
    ClueReturned,
    ClueRouted,
    Conclusion,
    ConclusionAnnulled,
    Counts,
    Subject,
)

BATCH = id_of(511)
RETURNED_CLUE, LATE_CLUE = id_of(502), id_of(503)
SEALING = Citation(
    rule="sealing.calendar",
    version="CN-2026@2026-05-01",
    legal_source="the quarterly hand-over of clues that the ministry told of in 2021; the day is ours",
    mark="D",
)

_OPENED: dict[str, Any] = {
    "clue": CLUE,
    "subject": Subject(kind="enterprise", value=SHOP, name=Written("禾木优选贸易有限公司")),
    "industry": "retail",
    "category": "commercial",
    "period": "2026Q2",
    "sequence": 1,
    "authority": "SAMR",
    "state": "open",
    "counts": Counts(complaints=1, complainants=1, vouched=1, senders=1),
    "carriers": ("CMCC",),
    "rules": (),
    "causes": (f"complaint:{COMPLAINT}",),
    "opened_at": minutes(2, 32),
    "batch": None,
    "referred_at": None,
    "conclude_by": None,
    "extended_at": None,
    "received_at": None,
    "returned_at": None,
    "return_reason": None,
    "overdue_since": None,
    "concluded_at": None,
    "conclusion": None,
    "annulled_at": None,
}
_REFERRED: dict[str, Any] = {
    "state": "referred",
    "counts": Counts(complaints=7, complainants=6, vouched=6, senders=2),
    "rules": (SEALING,),
    "batch": BATCH,
    "referred_at": days(60),
    "conclude_by": days(90),
}
_RECEIVED: dict[str, Any] = _REFERRED | {"state": "received", "received_at": days(61)}
_EXTENDED: dict[str, Any] = _RECEIVED | {"extended_at": days(88), "conclude_by": days(120)}
_CONCLUDED: dict[str, Any] = _EXTENDED | {
    "state": "concluded",
    "concluded_at": days(100),
    "conclusion": Conclusion(
        code="fined",
        amount=20_000,
        enterprise=SHOP,
        decision=Written("市监处罚〔2026〕0186号"),
        merged_into=None,
        transferred_to=None,
        note=None,
    ),
}


def _of_clue(
    kind: type[ClueFact], number: int, version: int, at: datetime, causation: UUID = ACT, **became: Any
) -> Record:
    return Record(
        event=kind(**_OPENED | became),
        id=id_of(number),
        version=version,
        time=at,
        correlation=COMPLAINT,
        causation=causation,
    )


def _of_batch(
    kind: type[BatchSealed | BatchReceived], number: int, version: int, received_at: datetime | None
) -> Record:
    return Record(
        event=kind(
            batch=BATCH,
            authority="SAMR",
            because="calendar",
            clues=312,
            digest="3b5d5c3712955042212316173ccf37be800f4d2d1a1f0c1a8b9c6b9b8f0a7e55",
            sealed_at=days(60),
            received_at=received_at,
        ),
        id=id_of(number),
        version=version,
        time=received_at or days(60),
        correlation=ACT,
        causation=ACT,
    )


RECORDS: tuple[Record, ...] = (
    _of_clue(ClueOpened, 921, 1, minutes(2, 32), id_of(901)),
    _of_clue(ClueReferred, 922, 2, days(60), **_REFERRED),
    _of_clue(ClueReceived, 923, 3, days(61), **_RECEIVED),
    _of_clue(ClueExtended, 924, 4, days(88), **_EXTENDED),
    _of_clue(ClueConcluded, 925, 5, days(100), **_CONCLUDED),
    _of_clue(ConclusionAnnulled, 926, 6, days(160), **_CONCLUDED | {"annulled_at": days(160)}),
    _of_clue(
        ClueReturned,
        927,
        4,
        days(63),
        clue=RETURNED_CLUE,
        **_RECEIVED | {"state": "returned", "returned_at": days(63), "return_reason": "not-competent"},
    ),
    _of_clue(
        ClueRouted,
        928,
        5,
        days(64),
        clue=RETURNED_CLUE,
        **_RECEIVED
        | {"state": "routed", "authority": "MOE", "returned_at": days(63), "return_reason": "not-competent"},
    ),
    _of_clue(ClueOverdue, 929, 4, days(91), clue=LATE_CLUE, **_RECEIVED | {"overdue_since": days(90)}),
    _of_batch(BatchSealed, 931, 1, None),
    _of_batch(BatchReceived, 932, 2, days(61)),
)
"""One record of every event type of referrals."""
