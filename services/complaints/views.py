"""Reads, as the API answers them. No answer shows a complainant's number: texts are redacted, people are surrogates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis import privacy
from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import Paging
from contracts.numbers import SenderNumber
from contracts.vocabulary import AttributionKind, Category, Consent
from services.complaints.model import Assessor, State
from services.complaints.policy.attribution import Register
from services.complaints.store.complaints import assessment as read_assessment
from services.complaints.store.register import load_register
from services.complaints.store.tables import ASSESSMENTS, COMPLAINTS, REGISTER_PORTS


class SenderView(BaseModel):
    """The number a message came from, as the numbering plan reads it."""

    number: str
    kind: str = Field(description="port, mobile, service, landline, international or invalid")
    base: str | None = Field(description="the access code as assigned; null for what is no port or is off the plan")
    extension: str
    access_class: str | None

    @classmethod
    def of(cls, sender: SenderNumber) -> SenderView:
        return cls(
            number=sender.number,
            kind=sender.kind.value,
            base=sender.base,
            extension=sender.extension,
            access_class=sender.access_class,
        )


class AttributionView(BaseModel):
    """Who answers for a message, by the register as it was filed at `as_of`."""

    kind: AttributionKind
    carrier: str | None
    holder: str | None = Field(description="unified social credit code of the port's enterprise")
    provider: str | None = Field(description="unified social credit code of the content provider")
    signature: str | None = Field(description="the signature seen, normalised")
    filed_signature: str | None
    as_of: datetime


class AssessmentView(BaseModel):
    """What a complaint was found to be."""

    version: int
    attribution: AttributionView
    industry: str
    category: Category
    confidence: float
    reasons: list[str]
    rules: list[CitationView]
    assessed_at: datetime
    assessor: Assessor
    assessed_by: str
    note: str | None

    @classmethod
    def of(cls, row: Any) -> AssessmentView:
        found = read_assessment(row)
        who = found.attribution
        return cls(
            version=row.version,
            attribution=AttributionView(
                kind=AttributionKind(who.kind),
                carrier=who.carrier,
                holder=who.holder,
                provider=who.provider,
                signature=who.signature,
                filed_signature=who.filed_signature,
                as_of=who.as_of,
            ),
            industry=found.industry,
            category=found.category,
            confidence=found.confidence,
            reasons=list(found.reasons),
            rules=[CitationView.model_validate(rule) for rule in found.rules],
            assessed_at=found.assessed_at,
            assessor=found.assessor,
            assessed_by=found.assessed_by,
            note=None if found.note is None else privacy.redact(found.note),
        )


class ComplaintRow(BaseModel):
    """A complaint as lists show it."""

    id: UUID
    version: int
    state: State
    channel: str
    sender_number: str
    province: str | None
    received_at: datetime
    filed_at: datetime
    kind: AttributionKind | None
    carrier: str | None
    industry: str | None
    category: Category | None
    assessed_at: datetime | None


class ComplaintView(BaseModel):
    """A complaint with its current assessment. `text` is redacted; `complainant` is a surrogate for a person."""

    id: UUID
    version: int
    state: State
    channel: str
    external_id: str
    sender: SenderView
    complainant: UUID
    province: str | None
    sent_at: datetime
    received_at: datetime
    filed_at: datetime
    text: str
    consented: Consent
    unsubscribed: bool
    vouched: bool = Field(description="whether the channel vouches for the complainant: only then it counts")
    assessment: AssessmentView | None


class FollowUp(BaseModel):
    """What became of a complaint, for whoever filed it."""

    state: State
    filed_at: datetime
    assessed_at: datetime | None
    sender_number: str
    kind: AttributionKind | None
    industry: str | None
    category: Category | None


class Statistics(BaseModel):
    """How many complaints there are: filed = waiting + assessed + withdrawn; attribution and categories sum up to
    assessed."""

    filed: int
    waiting: int
    assessed: int
    withdrawn: int
    not_spam: int
    attribution: dict[AttributionKind, int]
    categories: dict[Category, int]
    industries: dict[str, int]
    ports_known: int = Field(description="ports in this service's copy of the register")


class FilingView(BaseModel):
    """A filing that stood for a number."""

    carrier: str
    number: str = Field(description="the number or the prefix that was filed")
    holder: str
    holder_name: str
    provider: str
    provider_name: str
    signature: str
    purpose: str
    covers_extensions: bool
    valid_from: datetime
    valid_to: datetime | None


class HolderView(BaseModel):
    """Somebody under whose name ports of the number's access code were filed."""

    carrier: str
    holder: str
    since: datetime


class RegisterView(BaseModel):
    """What this service's copy of the register says of a number at a moment."""

    sender: SenderView
    at: datetime
    filings: list[FilingView]
    holders: list[HolderView]


_ROW = [COMPLAINTS.c[name] for name in ComplaintRow.model_fields]


def list_complaints(
    read: Read, page: Paging, filters: Mapping[str, str | None], province: str | None
) -> list[ComplaintRow]:
    """Complaints, newest first; `filters` are columns and the value each must have (None: any)."""
    statement = sa.select(*_ROW).order_by(COMPLAINTS.c.id.desc()).limit(page.limit)
    for column, value in {**filters, "province": province or filters.get("province")}.items():
        if value is not None:
            statement = statement.where(COMPLAINTS.c[column] == value)
    after = page.after(UUID)
    if after is not None:
        statement = statement.where(COMPLAINTS.c.id < after[0])
    return [ComplaintRow.model_validate(dict(row._mapping)) for row in read.execute(statement)]


def find_complaint(read: Read, identifier: UUID, province: str | None) -> ComplaintView | None:
    """One complaint, if it is one of this province (None: of any)."""
    row = _find(read, COMPLAINTS.c.id == identifier, province)
    if row is None:
        return None
    newest = (
        sa.select(ASSESSMENTS)
        .where(ASSESSMENTS.c.complaint_id == identifier)
        .order_by(ASSESSMENTS.c.version.desc())
        .limit(1)
    )
    current = read.execute(newest).one_or_none()
    return ComplaintView(
        id=row.id,
        version=row.version,
        state=State(row.state),
        channel=row.channel,
        external_id=row.external_id,
        sender=SenderView.of(SenderNumber.parse(row.sender_number)),
        complainant=row.complainant_id,
        province=row.province,
        sent_at=row.sent_at,
        received_at=row.received_at,
        filed_at=row.filed_at,
        text=privacy.redact(row.text),
        consented=Consent(row.consented),
        unsubscribed=row.unsubscribed,
        vouched=row.vouched,
        assessment=None if current is None else AssessmentView.of(current),
    )


def list_assessments(
    read: Read, page: Paging, identifier: UUID, province: str | None
) -> Sequence[AssessmentView] | None:
    """Every assessment of a complaint, the oldest first; None where there is no such complaint."""
    if _find(read, COMPLAINTS.c.id == identifier, province) is None:
        return None
    statement = (
        sa.select(ASSESSMENTS)
        .where(ASSESSMENTS.c.complaint_id == identifier)
        .order_by(ASSESSMENTS.c.version)
        .limit(page.limit)
    )
    after = page.after(int)
    if after is not None:
        statement = statement.where(ASSESSMENTS.c.version > after[0])
    return [AssessmentView.of(row) for row in read.execute(statement)]


def follow_up(read: Read, receipt: str) -> FollowUp | None:
    """What became of the complaint that a receipt was given for."""
    row = _find(read, COMPLAINTS.c.receipt == receipt, None)
    if row is None:
        return None
    return FollowUp(
        state=State(row.state),
        filed_at=row.filed_at,
        assessed_at=row.assessed_at,
        sender_number=row.sender_number,
        kind=row.kind,
        industry=row.industry,
        category=row.category,
    )


def _find(read: Read, condition: sa.ColumnElement[bool], province: str | None) -> Any | None:
    statement = sa.select(COMPLAINTS).where(condition)
    if province is not None:
        statement = statement.where(COMPLAINTS.c.province == province)
    return read.execute(statement).one_or_none()


def count_complaints(read: Read, province: str | None) -> Statistics:
    """The figures of a province, or of all (None)."""
    columns = (COMPLAINTS.c.state, COMPLAINTS.c.kind, COMPLAINTS.c.category, COMPLAINTS.c.industry)
    statement = sa.select(*columns, sa.func.count().label("complaints")).group_by(*columns)
    if province is not None:
        statement = statement.where(COMPLAINTS.c.province == province)
    states = dict.fromkeys(State, 0)
    kinds = dict.fromkeys(AttributionKind, 0)
    categories = dict.fromkeys(Category, 0)
    industries: dict[str, int] = {}
    for row in read.execute(statement):
        states[State(row.state)] += row.complaints
        if row.state == State.ASSESSED:
            kinds[AttributionKind(row.kind)] += row.complaints
            categories[Category(row.category)] += row.complaints
            industries[row.industry] = industries.get(row.industry, 0) + row.complaints
    return Statistics(
        filed=sum(states.values()),
        waiting=states[State.FILED],
        assessed=states[State.ASSESSED],
        withdrawn=states[State.WITHDRAWN],
        not_spam=categories[Category.NOT_SPAM],
        attribution=kinds,
        categories=categories,
        industries=dict(sorted(industries.items())),
        ports_known=read.execute(sa.select(sa.func.count()).select_from(REGISTER_PORTS)).scalar_one(),
    )


def look_up(read: Read, number: str, at: datetime) -> RegisterView:
    """What the register says of a number, as an assessment of a message sent `at` would see it."""
    sender = SenderNumber.parse(number)
    register: Register = load_register(read, [(sender, at)])
    return RegisterView(
        sender=SenderView.of(sender),
        at=at,
        filings=[
            FilingView(
                carrier=port.carrier,
                number=port.number,
                holder=filing.holder,
                holder_name=filing.holder_name,
                provider=filing.provider,
                provider_name=filing.provider_name,
                signature=filing.signature,
                purpose=filing.purpose,
                covers_extensions=filing.covers_extensions,
                valid_from=filing.valid_from,
                valid_to=filing.valid_to,
            )
            for port, filing in register.filed(sender, at)
        ],
        holders=[
            HolderView(carrier=each.carrier, holder=each.holder, since=each.since)
            for each in register.holders.get(sender.base or "", ())
            if each.since <= at
        ],
    )
