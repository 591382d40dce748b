"""Messages and acts for the tests of this service, and queries of what they led to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Database, Tx
from chassis.events.consumer import dispatch
from chassis.events.envelope import Message
from chassis.ids import new_id
from chassis.redaction import Redacted, Written
from chassis.sweeper import Slice
from contracts.complaints import Attribution, ComplaintAssessed, ComplaintWithdrawn, Sender
from contracts.numbers import SenderNumber
from services.referrals.model import SealingTrigger
from services.referrals.reactions import REACTIONS
from services.referrals.store.sealings import Sealing, save_sealing
from services.referrals.sweeps import ENDED_QUARTERS, ORDERED_SEALINGS, URGENT_SEALINGS
from tests.integration.referrals.api import Api

NOON = datetime(2026, 6, 10, 12, 34, 56, tzinfo=UTC)
HOLDER = "91350000M0CKHA1D3E"
PROVIDER, OTHER_PROVIDER = "91630000M0CKPC3D5Q", "91510000M0CKHB2D25"
SIGNATURE = "样例服务"
NUMBER = "10690123566571"
SAMR, MOE, MPS, MIIT = "authority:SAMR", "authority:MOE", "authority:MPS", "regulator:MIIT"
_NAMES = UUID("00000000-0000-0000-0000-00000000000c")

Assessment = Message[ComplaintAssessed]


def named(name: str) -> UUID:
    """The id of the complaint, or complainant, with this name."""
    return uuid5(_NAMES, name)


def assessed(
    name: str,
    number: str = NUMBER,
    *,
    version: int = 2,
    by: str | None = None,
    kind: str = "declared",
    category: str = "commercial",
    industry: str = "retail",
    provider: str | None = PROVIDER,
    holder: str | None = HOLDER,
    carrier: str | None = "CMCC",
    signature: str | None = SIGNATURE,
    vouched: bool = True,
    capped: bool = False,
    province: str | None = "440000",
    received: datetime = NOON,
    excerpt: str = "周年庆全场五折",
) -> Assessment:
    """An assessment of the complaint with this name. Each complaint has its own complainant, unless `by` names one."""
    sender = SenderNumber.parse(number)
    event = ComplaintAssessed(
        complaint=named(name),
        sender=Sender(
            number=sender.number,
            kind=sender.kind,
            base=sender.base,
            extension=sender.extension,
            access_class=sender.access_class,
        ),
        attribution=Attribution(
            kind=kind,
            carrier=carrier,
            holder=holder,
            provider=provider,
            signature=None if signature is None else Written(signature),
            filed_signature=None,
            as_of=received,
        ),
        industry=industry,
        category=category,
        confidence=0.9,
        reasons=("a word",),
        rules=(),
        complainant=named(f"complainant of {by or name}"),
        vouched=vouched,
        channel="12321_web",
        province=province,
        sent_at=received.replace(minute=0, second=0, microsecond=0),
        received_at=received.replace(minute=0, second=0, microsecond=0),
        excerpt=Redacted(excerpt),
        capped=capped,
    )
    return Message(new_id(), event, version, clock.now(), Cause(f"complaint {name}", f"filed {name}"))


def crime(name: str, number: str = "13900001234", **overrides: Any) -> Assessment:
    """A suspected crime from a mobile number."""
    fields = {"kind": "p2p", "provider": None, "holder": None, "signature": None, "industry": "loans"}
    return assessed(name, number, category="suspected-crime", **fields | overrides)


def withdrawn(name: str, number: str = NUMBER, *, version: int = 3) -> Message[ComplaintWithdrawn]:
    event = ComplaintWithdrawn(complaint=named(name), number=number, reason="taken-back")
    return Message(new_id(), event, version, clock.now(), Cause(f"complaint {name}", f"withdrawn {name}"))


def consume(database: Database, *messages: Message[Any]) -> None:
    """Handle these messages in one transaction, as a consumer does."""
    with database.begin() as tx:
        dispatch(tx, messages, REACTIONS)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def rows(database: Database, statement: str, **parameters: Any) -> Sequence[Any]:
    """The rows that a statement returns."""
    with database.read() as read:
        return read.execute(sa.text(statement), parameters).all()


def clues(database: Database) -> Sequence[Any]:
    return rows(database, "SELECT * FROM clues ORDER BY subject_kind, subject_value, industry, period, sequence")


def batches(database: Database) -> Sequence[Any]:
    return rows(database, "SELECT * FROM batches ORDER BY id")


def complaints_by_clue(database: Database) -> dict[tuple[str, str, int], set[UUID]]:
    """Subject value, industry and sequence of each clue → its complaints."""
    found = rows(
        database,
        "SELECT c.subject_value, c.industry, c.sequence, array_agg(e.complaint_id) AS complaints "
        "FROM clues AS c JOIN evidence AS e ON e.clue_id = c.id GROUP BY c.id",
    )
    return {(row.subject_value, row.industry, row.sequence): set(row.complaints) for row in found}


def complaints(*names: str) -> set[UUID]:
    return {named(name) for name in names}


def published(database: Database, kind: str) -> list[dict[str, Any]]:
    """The data of the events of this type in the outbox, in order."""
    found = rows(database, "SELECT payload FROM outbox WHERE type = :kind ORDER BY position", kind=kind)
    return [json.loads(row.payload)["data"] for row in found]


def sweep(database: Database, limit: int = 500) -> int:
    """Run the sealing sweeps until nothing is left to seal; returns the count of items done."""
    done = 0
    for each in (URGENT_SEALINGS, ENDED_QUARTERS, ORDERED_SEALINGS):
        more = 1
        while more:
            with database.begin() as tx:
                more = each.run(tx, Slice(limit))
            done += more
    return done


def order_sealing(tx: Tx) -> None:
    """Staff order the sealing of all open clues."""
    save_sealing(
        tx,
        Sealing(
            id=new_id(),
            because=SealingTrigger.COMMAND,
            authority=None,
            through=None,
            reason="a test",
            requested_by="staff",
            requested_at=clock.now(),
        ),
    )


def seal(database: Database, limit: int = 500) -> None:
    """Seal all open clues by order of staff."""
    with database.begin() as tx:
        order_sealing(tx)
    sweep(database, limit)


def sealed_batch(database: Database, authority: str = "SAMR", *names: str) -> Any:
    """The row of a batch that was just sealed, with one clue for this authority."""
    industry = {"SAMR": "retail", "MOE": "education"}[authority]
    consume(database, *(assessed(name, industry=industry) for name in names or ("a", "b", "c")))
    seal(database)
    return [row for row in batches(database) if row.authority == authority][-1]


def lines_of(content: bytes) -> tuple[bytes, list[bytes]]:
    """The manifest and the documents in the content of a batch."""
    assert content.endswith(b"\n")
    manifest, *documents = content[:-1].split(b"\n")
    return manifest, documents


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def received_clue(api: Api, database: Database, authority: str = "SAMR") -> str:
    """The path of a clue that this authority has received."""
    batch = sealed_batch(database, authority)
    answer = api.post(f"authority:{authority}", f"/batches/{batch.id}/receipt", {"digest": batch.digest})
    assert answer.status_code == 200, answer.text
    (clue,) = rows(database, "SELECT id FROM clues WHERE batch_id = :batch", batch=batch.id)
    return f"/clues/{clue.id}"
