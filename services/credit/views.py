"""Views: entries for staff, standings for carriers and authorities, the public list, and figures.

Paged by keys. Only staff see persons, and only those who acted for the regulator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import Conditions, count_by, equal, one_row, page_rows, select_one, select_page, whether
from chassis.http.replies import HourMoment, ReplyView
from chassis.ids import reference
from chassis.notices import find_replies
from chassis.redaction import Written
from contracts.credit import Restriction
from contracts.vocabulary import CreditList, Existing, NewResources, ReviewOutcome, Tier
from services.credit.access import Visibility
from services.credit.model import EntryState, EntryWithdrawal, ListingGround, ProposedBy
from services.credit.store.entries import entry_of
from services.credit.store.standings import find_all_restrictions, find_standing_row, restrictions_of
from services.credit.store.tables import ENTRIES

CODE = Field(description="unified social credit code")
FACTS = Field(description="the grounds in words")
ARTICLE = Field(description="the provision that is applied")
LISTED = Field(description="whether any restriction is in force")
REFUSED = Field(description="whether new ports are to be refused")


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


# ----------------------------------------------------------------------------------------------------------- entries


class EntryView(_View):
    """An entry of a credit list as staff see it: its grounds, its state, and every step with the person who took it."""

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with each act that follows from this read")
    code: str = CODE
    province: str = Field(description="where the enterprise is registered: six digits (GB/T 2260)")
    name: Written | None
    list: CreditList
    tier: Tier
    ground: ListingGround
    state: EntryState
    facts: Sequence[Written] = FACTS
    article: Written = ARTICLE
    rules: Sequence[CitationView]
    causes: Sequence[str] = Field(description="clue:<id>, order:<id>, withdrawal:<entry>")
    proposed_by: ProposedBy
    proposer: str | None = Field(description="the staff member who proposed it; null where the rules did")
    proposed_at: datetime
    contest_until: datetime = Field(
        description="the end of the contest period; before it, only a contested entry can be confirmed"
    )
    contested_at: datetime | None
    objection: Written | None
    waived_at: datetime | None
    decided_by: str | None
    decision_reason: Written | None
    effective_at: datetime | None
    until: datetime | None
    repairable_from: datetime | None
    published: bool | None = Field(description="whether it is in the public list while it is effective")
    new_resources: NewResources | None
    existing: Existing | None
    repaired_at: datetime | None
    repair_statement: Written | None
    expired_at: datetime | None
    withdrawn_at: datetime | None
    withdrawal: EntryWithdrawal | None
    withdrawal_note: Written | None
    review_withdrawal_by: datetime | None = Field(
        description="until when a second person reviews the withdrawal of a listing by staff"
    )
    withdrawal_reviewed_at: datetime | None
    withdrawal_review: ReviewOutcome | None
    withdrawal_review_reason: Written | None
    replaced_by: UUID | None = Field(description="the entry that took effect again because its withdrawal was reversed")


class EnterpriseEntry(_View):
    """An entry as its enterprise reads it with a reply code: no person is named, and moments are cut to the hour,
    except deadlines."""

    id: UUID
    code: str = CODE
    name: Written | None
    list: CreditList
    tier: Tier
    ground: ListingGround
    state: EntryState
    facts: Sequence[Written] = FACTS
    article: Written = ARTICLE
    rules: Sequence[CitationView]
    proposed_at: HourMoment
    contest_until: datetime
    contested_at: HourMoment | None
    effective_at: HourMoment | None
    until: datetime | None
    repairable_from: datetime | None
    repaired_at: HourMoment | None
    expired_at: HourMoment | None
    withdrawn_at: HourMoment | None
    withdrawal: EntryWithdrawal | None


class EntryFile(BaseModel):
    """What a notice is about, and what the enterprise has replied, the oldest first."""

    entry: EnterpriseEntry
    replies: list[ReplyView]


class ListedView(_View):
    """An enterprise on a credit list, as published."""

    entry: UUID
    code: str = CODE
    name: Written | None
    list: CreditList
    tier: Tier
    facts: Sequence[Written] = FACTS
    article: Written = ARTICLE
    since: HourMoment
    until: HourMoment


def list_entries(
    read: Read,
    page: Paging,
    visibility: Visibility,
    wanted: Mapping[str, str | None],
    withdrawal_to_review: bool | None,
) -> PageRows[EntryView]:
    """Entries, the oldest first; `wanted` are columns and the value each must have (None: any)."""
    waits = ENTRIES.c.review_withdrawal_by.is_not(None) & ENTRIES.c.withdrawal_review.is_(None)
    conditions = [*_visible(visibility), *equal(ENTRIES, wanted), *whether(waits, withdrawal_to_review)]
    return page_rows(select_page(read, ENTRIES, conditions, page), _entry)


def find_entry(read: Read, identifier: UUID, visibility: Visibility) -> EntryView:
    """One entry. Raises NotFoundError where it does not exist or is not visible, and UnreadableRowError."""
    return one_row(select_one(read, ENTRIES, [ENTRIES.c.id == identifier, *_visible(visibility)]), _entry)


def find_file(read: Read, identifier: UUID) -> EntryFile:
    """An entry as its enterprise reads it, with its replies. Raises NotFoundError, and UnreadableRowError."""
    row = select_one(read, ENTRIES, [ENTRIES.c.id == identifier])
    entry = one_row(row, lambda found: EnterpriseEntry.model_validate(entry_of(found)))
    return EntryFile(entry=entry, replies=_replies(read, identifier))


def list_replies(read: Read, identifier: UUID, visibility: Visibility) -> list[ReplyView]:
    """What the enterprise of an entry has replied, the oldest first. Raises NotFoundError where the entry does not
    exist or is not visible, and UnreadableRowError."""
    find_entry(read, identifier, visibility)
    return _replies(read, identifier)


def _replies(read: Read, entry: UUID) -> list[ReplyView]:
    return [ReplyView.model_validate(each) for each in find_replies(read, reference("entry", entry))]


def _entry(row: sa.Row[Any]) -> EntryView:
    return EntryView.model_validate(entry_of(row))


def list_published(read: Read, page: Paging, now: datetime, wanted: Mapping[str, str | None]) -> PageRows[ListedView]:
    """The published listings in force at `now`, the oldest proposal first; `wanted` as in `list_entries`."""
    in_force = [ENTRIES.c.state == EntryState.EFFECTIVE, ENTRIES.c.published, ENTRIES.c.until > now]
    rows = select_page(read, ENTRIES, [*in_force, *equal(ENTRIES, wanted)], page)
    return page_rows(rows, lambda row: ListedView.model_validate(entry_of(row)))


def _visible(visibility: Visibility) -> Conditions:
    return equal(ENTRIES, {"province": visibility.province})


# --------------------------------------------------------------------------------------------------------- standings


class RestrictionView(_View):
    """The restriction of an enterprise by one listing."""

    entry: UUID
    list: CreditList
    tier: Tier
    reason: str = Field(description="for programs", examples=["listed-adverse-general"])
    article: Written = ARTICLE
    new_resources: NewResources = Field(description="the effect on ports that the enterprise applies for")
    existing: Existing = Field(description="the effect on ports that it has")
    since: HourMoment
    until: datetime


class StandingView(BaseModel):
    """Whether an enterprise is on a credit list now, and its restrictions."""

    code: str = CODE
    listed: bool = LISTED
    refused: bool = REFUSED
    restrictions: Sequence[RestrictionView]


class CheckView(BaseModel):
    """Whether one of many enterprises is on a credit list now."""

    code: str = CODE
    listed: bool = LISTED
    refused: bool = REFUSED
    reasons: Sequence[str] = Field(examples=[["listed-adverse-general"]])
    until: datetime | None = Field(description="when the last of its restrictions expires")


class ChecksView(BaseModel):
    """The results, in the order of the request."""

    results: Sequence[CheckView]


class _Check(msgspec.Struct, frozen=True):
    """A CheckView as it is encoded by the thousand: pydantic would take longer than all other work."""

    code: str
    listed: bool = False
    refused: bool = False
    reasons: tuple[str, ...] = ()
    until: datetime | None = None


def find_standing(read: Read, code: str, now: datetime) -> StandingView:
    """The standing of one enterprise at `now`; not listed where it was never listed."""
    row = find_standing_row(read, code)
    stored = () if row is None else one_row(row, restrictions_of)
    restrictions = _in_force(stored, now)
    return StandingView(
        code=code,
        listed=bool(restrictions),
        refused=_refuses(restrictions),
        restrictions=[RestrictionView.model_validate(each) for each in restrictions],
    )


def check_standings(read: Read, codes: Sequence[str], now: datetime) -> bytes:
    """A ChecksView of these enterprises at `now`, as JSON, one result per code in the same order."""
    restricted = find_all_restrictions(read, codes)
    checks = [_check(code, _in_force(restricted[code], now)) if code in restricted else _Check(code) for code in codes]
    return msgspec.json.encode({"results": checks})


def _check(code: str, restrictions: Sequence[Restriction]) -> _Check:
    return _Check(
        code=code,
        listed=bool(restrictions),
        refused=_refuses(restrictions),
        reasons=tuple({each.reason: None for each in restrictions}),
        until=max([each.until for each in restrictions], default=None),
    )


def _in_force(restrictions: Sequence[Restriction], now: datetime) -> Sequence[Restriction]:
    """Those that have not expired: the sweep that records it may be late."""
    return [each for each in restrictions if now < each.until]


def _refuses(restrictions: Sequence[Restriction]) -> bool:
    return NewResources.REFUSE in [each.new_resources for each in restrictions]


# -------------------------------------------------------------------------------------------------------- statistics


class EntryFigures(_View):
    """Entries. `proposed` counts all; each other figure counts those that ever took that step."""

    proposed: int
    contested: int
    effective: int
    repaired: int
    expired: int
    withdrawn: int


class StandingFigures(_View):
    """Enterprises that were ever listed, those that are listed now, and those of them that are refused new ports."""

    codes: int
    listed: int
    refused: int


class CountedOrderFigures(_View):
    """Orders that count against an enterprise."""

    counting: int


class CreditStatistics(BaseModel):
    """The figures of this service. `states` and `grounds` each sum up to `entries.proposed`."""

    entries: EntryFigures
    states: dict[EntryState, int] = Field(description="entries by their present state")
    grounds: dict[ListingGround, int]
    standings: StandingFigures
    orders: CountedOrderFigures


def count_everything(read: Read) -> CreditStatistics:
    """All figures of one moment: they add up during writes. Must be the first read of its transaction."""
    read.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    return CreditStatistics(
        entries=EntryFigures.model_validate(read.execute(_ENTRIES).one()),
        states=count_by(read, ENTRIES.c.state, EntryState),
        grounds=count_by(read, ENTRIES.c.ground, ListingGround),
        standings=StandingFigures.model_validate(read.execute(_STANDINGS).one()),
        orders=CountedOrderFigures.model_validate(read.execute(_ORDERS).one()),
    )


_ENTRIES = sa.text(
    "SELECT count(*) AS proposed, count(contested_at) AS contested, count(effective_at) AS effective, "
    "count(repaired_at) AS repaired, count(expired_at) AS expired, count(withdrawn_at) AS withdrawn FROM entries"
)
_STANDINGS = sa.text(
    "SELECT count(*) AS codes, count(*) FILTER (WHERE restrictions <> '[]') AS listed, "
    """count(*) FILTER (WHERE restrictions @> '[{"new_resources": "refuse"}]') AS refused FROM standings"""
)
_ORDERS = sa.text("SELECT count(*) AS counting FROM orders WHERE counts")
