"""Entries, as staff and the public read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import Paging
from contracts.vocabulary import CreditList, Existing, NewResources, Tier
from services.credit.model import Entry, EntryState, Ground, ProposedBy, Withdrawal
from services.credit.store.entries import entry_of
from services.credit.store.sight import Sight
from services.credit.store.tables import ENTRIES

CODE = Field(description="unified social credit code")
FACTS = Field(description="what it stands on, in words")
ARTICLE = Field(description="the law that it stands on")


class EntryView(BaseModel):
    """An entry of a credit list, as staff see it: what it stands on, who did what, and what became of it."""

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with whatever follows from reading this")
    code: str = CODE
    province: str = Field(description="where the enterprise is registered: six digits (GB/T 2260)")
    name: str | None
    list: CreditList
    tier: Tier
    ground: Ground
    state: EntryState
    facts: Sequence[str] = FACTS
    article: str = ARTICLE
    rules: Sequence[CitationView]
    causes: Sequence[str] = Field(description="clue:<id>, order:<id>")
    proposed_by: ProposedBy
    proposer: str | None = Field(description="who of staff proposed it; null where the rules did")
    proposed_at: datetime
    contest_until: datetime = Field(description="up to then it may be contested, and is not confirmed before it is")
    contested_at: datetime | None
    objection: str | None
    decided_by: str | None
    decision_reason: str | None
    effective_at: datetime | None
    until: datetime | None
    repairable_from: datetime | None
    published: bool | None = Field(description="whether it is in the public list while it is effective")
    new_resources: NewResources | None
    existing: Existing | None
    repaired_at: datetime | None
    repair_statement: str | None
    expired_at: datetime | None
    withdrawn_at: datetime | None
    withdrawal: Withdrawal | None
    withdrawal_note: str | None

    @classmethod
    def of(cls, entry: Entry) -> EntryView:
        """The entry as staff read it."""
        own = {name: getattr(entry, name) for name in cls.model_fields if name != "rules"}
        return cls(**own, rules=[CitationView.model_validate(each) for each in entry.rules])


class ListedView(BaseModel):
    """An enterprise on a credit list, as everybody may know."""

    entry: UUID
    code: str = CODE
    name: str | None
    list: CreditList
    tier: Tier
    facts: Sequence[str] = FACTS
    article: str = ARTICLE
    since: datetime
    until: datetime


def list_entries(read: Read, page: Paging, sight: Sight, wanted: Mapping[str, str | None]) -> list[EntryView]:
    """Entries, the oldest first; `wanted` are columns and the value each must have (None: any)."""
    rows = _select(read, page, _equal({"province": sight.province, **wanted}))
    return [EntryView.of(entry_of(row)) for row in rows]


def find_entry(read: Read, identifier: UUID, sight: Sight) -> EntryView | None:
    """One entry, if it is seen."""
    conditions = [*_equal({"province": sight.province}), ENTRIES.c.id == identifier]
    row = read.execute(sa.select(ENTRIES).where(*conditions)).one_or_none()
    return None if row is None else EntryView.of(entry_of(row))


def list_listed(read: Read, page: Paging, now: datetime, wanted: Mapping[str, str | None]) -> list[ListedView]:
    """The listings in force at `now` that are published, the oldest proposal first; `wanted` as in `list_entries`."""
    in_force = [ENTRIES.c.state == EntryState.EFFECTIVE, ENTRIES.c.published, ENTRIES.c.until > now]
    return [_listed(row) for row in _select(read, page, [*in_force, *_equal(wanted)])]


def _select(read: Read, page: Paging, conditions: list[sa.ColumnElement[bool]]) -> Sequence[Any]:
    after = page.after(UUID)
    if after is not None:
        conditions.append(ENTRIES.c.id > after[0])
    return read.execute(sa.select(ENTRIES).where(*conditions).order_by(ENTRIES.c.id).limit(page.limit)).all()


def _equal(wanted: Mapping[str, str | None]) -> list[sa.ColumnElement[bool]]:
    return [ENTRIES.c[name] == value for name, value in wanted.items() if value is not None]


def _listed(row: Any) -> ListedView:
    return ListedView(
        entry=row.id,
        code=row.code,
        name=row.name,
        list=CreditList(row.list),
        tier=Tier(row.tier),
        facts=row.facts,
        article=row.article,
        since=row.effective_at,
        until=row.until,
    )
