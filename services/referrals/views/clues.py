"""Clues, as authorities and staff read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import Paging
from contracts.vocabulary import Category, ConclusionCode, ReturnReason, SubjectKind
from services.referrals.model import HANDED_OVER, NOTHING, Clue, ClueState, Stock
from services.referrals.store.clues import clues_of
from services.referrals.store.evidence import stocks_of
from services.referrals.store.sight import Sight
from services.referrals.store.tables import CLUES, EVIDENCE


class SubjectView(BaseModel):
    """Whom a clue is about."""

    kind: SubjectKind
    value: str = Field(description="unified social credit code, normalised signature or number")
    name: str | None = Field(description="of an enterprise, where the register has it")


class CountsView(BaseModel):
    """What a clue stands on: now while it is open, when it was sealed from then on."""

    model_config = ConfigDict(from_attributes=True)

    complaints: int
    complainants: int = Field(description="how many different people complained")
    vouched: int = Field(description="how many of them a channel vouches for")
    senders: int = Field(description="how many different numbers were complained of")


class ConclusionView(BaseModel):
    """What the authority found and did."""

    model_config = ConfigDict(from_attributes=True)

    code: ConclusionCode
    amount: int | None = Field(description="of a fine, in yuan")
    enterprise: str | None = Field(description="credit code of who was found to be behind the subject")
    decision: str | None = Field(description="number of the authority's decision")
    merged_into: UUID | None = Field(description="the clue in whose case this one is dealt with")
    transferred_to: str | None
    note: str | None


class ClueView(BaseModel):
    """A clue: what it stands on, whose matter it is, by when it is to be concluded, and what became of it."""

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with whatever follows from reading this")
    subject: SubjectView
    industry: str
    category: Category
    period: str = Field(description="the quarter in which its complaints were received", examples=["2026Q2"])
    sequence: int = Field(description="tells the clues of one subject, industry and period apart")
    authority: str | None = Field(description="null while nobody is known to be competent: for staff to route")
    state: ClueState
    counts: CountsView = Field(description="for provincial staff of the complaints of their province")
    carriers: list[str]
    rules: list[CitationView]
    causes: list[str] = Field(description="for national staff: the complaint that opened it, complaint:<id>")
    opened_at: datetime = Field(description="for others than staff cut to the hour")
    batch: UUID | None = Field(description="in which it was last handed over")
    referred_at: datetime | None
    conclude_by: datetime | None
    extended_at: datetime | None
    extension_reason: str | None
    received_at: datetime | None
    returned_at: datetime | None
    return_reason: ReturnReason | None
    return_note: str | None
    suggested: str | None = Field(description="the authority that the one which returned it suggests")
    overdue_since: datetime | None = Field(description="the deadline that passed without a conclusion")
    concluded_at: datetime | None
    conclusion: ConclusionView | None
    annulled_at: datetime | None
    annulment_reason: str | None

    @classmethod
    def of(cls, clue: Clue, sight: Sight, stock: Stock | None = None) -> ClueView:
        """The clue as whoever has this sight may read it; `stock` is what of it they see, where that is not all."""
        place = clue.place
        stock = stock or clue.stock
        return cls(
            id=clue.id,
            version=clue.version,
            subject=SubjectView(kind=place.kind, value=place.value, name=clue.name),
            industry=place.industry,
            category=place.category,
            period=place.period,
            sequence=clue.sequence,
            authority=clue.authority,
            state=clue.state,
            counts=CountsView.model_validate(stock.counts),
            carriers=list(stock.carriers),
            rules=[CitationView.model_validate(each) for each in clue.rules],
            causes=[clue.cause] if sight.everything else [],
            opened_at=clue.opened_at if sight.authority is None else _hour_of(clue.opened_at),
            batch=clue.batch,
            referred_at=clue.referred_at,
            conclude_by=clue.conclude_by,
            extended_at=clue.extended_at,
            extension_reason=clue.extension_reason,
            received_at=clue.received_at,
            returned_at=clue.returned_at,
            return_reason=clue.return_reason,
            return_note=clue.return_note,
            suggested=clue.suggested,
            overdue_since=clue.overdue_since,
            concluded_at=clue.concluded_at,
            conclusion=None if clue.conclusion is None else ConclusionView.model_validate(clue.conclusion),
            annulled_at=clue.annulled_at,
            annulment_reason=clue.annulment_reason,
        )


class ComplaintView(BaseModel):
    """A complaint that is in a clue now, by its id and the version that was heard: complaints tells the rest."""

    id: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which clues are asked for: `columns` and the value each must have (None: any), and what is more than that."""

    columns: Mapping[str, str | None]
    overdue: bool | None = None
    unrouted: bool | None = None
    complaint: UUID | None = None


def list_clues(read: Read, page: Paging, sight: Sight, wanted: Wanted) -> list[ClueView]:
    """Clues that are seen, in the order of the hour in which they were opened."""
    conditions = [*_seen(sight), *_asked(sight, wanted)]
    after = page.after(UUID)
    if after is not None:
        conditions.append(CLUES.c.id > after[0])
    return _views(read, conditions, sight, page.limit)


def find_clue(read: Read, identifier: UUID, sight: Sight) -> ClueView | None:
    """One clue, if it is seen."""
    found = _views(read, [*_seen(sight), CLUES.c.id == identifier], sight, 1)
    return found[0] if found else None


def list_complaints(read: Read, page: Paging, clue: UUID, sight: Sight) -> list[ComplaintView]:
    """The complaints that are in a clue now, by their ids; provincial staff see those of their province."""
    conditions = [EVIDENCE.c.clue_id == clue]
    if sight.province is not None:
        conditions.append(EVIDENCE.c.province == sight.province)
    after = page.after(UUID)
    if after is not None:
        conditions.append(EVIDENCE.c.complaint_id > after[0])
    statement = (
        sa.select(EVIDENCE.c.complaint_id, EVIDENCE.c.version)
        .where(*conditions)
        .order_by(EVIDENCE.c.complaint_id)
        .limit(page.limit)
    )
    return [ComplaintView(id=row.complaint_id, version=row.version) for row in read.execute(statement).all()]


def _views(read: Read, conditions: list[sa.ColumnElement[bool]], sight: Sight, limit: int) -> list[ClueView]:
    rows = read.execute(sa.select(CLUES).where(*conditions).order_by(CLUES.c.id).limit(limit)).all()
    clues = clues_of(read, rows)
    if sight.province is None:
        return [ClueView.of(each, sight) for each in clues]
    stocks = stocks_of(read, [each.id for each in clues], sight.province)
    return [ClueView.of(each, sight, stocks.get(each.id, NOTHING)) for each in clues]


def _seen(sight: Sight) -> list[sa.ColumnElement[bool]]:
    if sight.authority is not None:
        return [CLUES.c.authority == sight.authority, CLUES.c.state.in_(sorted(HANDED_OVER))]
    if sight.province is not None:
        return [_has(EVIDENCE.c.province == sight.province)]
    return []


def _asked(sight: Sight, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions = [CLUES.c[name] == value for name, value in wanted.columns.items() if value is not None]
    for column, asked in ((CLUES.c.overdue_since, wanted.overdue), (CLUES.c.authority, _not(wanted.unrouted))):
        if asked is not None:
            conditions.append(column.is_not(None) if asked else column.is_(None))
    if wanted.complaint is not None:
        of_it = EVIDENCE.c.complaint_id == wanted.complaint
        conditions.append(_has(of_it if sight.province is None else of_it & (EVIDENCE.c.province == sight.province)))
    return conditions


def _has(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether the clue has a complaint that fulfils this."""
    return sa.exists().where(EVIDENCE.c.clue_id == CLUES.c.id, condition)


def _not(asked: bool | None) -> bool | None:
    return None if asked is None else not asked


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
