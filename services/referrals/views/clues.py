"""Clues, as authorities and staff read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import Conditions, equal, one_row, page_rows, present, select_one, select_page
from chassis.privacy import to_hour
from chassis.redaction import Written
from contracts.vocabulary import Category, ConclusionCode, ReturnReason, SubjectKind
from services.referrals.access import Visibility
from services.referrals.model import EMPTY, HANDED_OVER, Clue, ClueState
from services.referrals.store.clues import clue_of, open_tallies
from services.referrals.store.evidence import load_tallies
from services.referrals.store.tables import CLUES, EVIDENCE


class SubjectView(BaseModel):
    """The party that a clue is about."""

    model_config = ConfigDict(from_attributes=True)

    kind: SubjectKind
    value: str = Field(description="unified social credit code, normalised signature or number")
    name: Written | None = Field(description="of an enterprise, where it is in the register")


class CountsView(BaseModel):
    """How many complaints a clue has: now while it is open, afterwards at its sealing."""

    model_config = ConfigDict(from_attributes=True)

    complaints: int
    complainants: int = Field(
        description="how many different complainants; one for each complaint through a channel that does not vouch"
    )
    vouched: int = Field(description="how many of the complainants a channel vouches for")
    senders: int = Field(description="how many different sender numbers")


class ConclusionView(BaseModel):
    """What the authority found and did."""

    model_config = ConfigDict(from_attributes=True)

    code: ConclusionCode
    amount: int | None = Field(description="of a fine, in yuan")
    enterprise: str | None = Field(description="credit code of the enterprise found to be behind the subject")
    decision: Written | None = Field(description="number of the authority's decision")
    merged_into: UUID | None = Field(description="the clue whose case includes this one")
    transferred_to: Written | None
    note: Written | None


class ClueView(BaseModel):
    """A clue: its evidence, the competent authority, its deadline, and its conclusion."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with an act that is based on this")
    subject: SubjectView
    industry: str
    category: Category
    period: str = Field(description="the quarter in which its complaints were received", examples=["2026Q2"])
    sequence: int = Field(description="distinguishes the clues of one subject, industry and period")
    authority: str | None = Field(description="null while no authority is known to be competent: for staff to route")
    state: ClueState
    counts: CountsView = Field(description="for provincial staff, of the complaints of their province")
    carriers: list[str]
    rules: list[CitationView]
    causes: list[str] = Field(description="for national staff: the complaint that opened it, complaint:<id>")
    opened_at: datetime = Field(description="cut to the hour for authorities")
    batch: UUID | None = Field(description="the batch of the last hand-over")
    referred_at: datetime | None
    conclude_by: datetime | None
    extended_at: datetime | None
    extension_reason: Written | None
    received_at: datetime | None
    returned_at: datetime | None
    return_reason: ReturnReason | None
    return_note: Written | None
    suggested: str | None = Field(description="the authority that was suggested at the return")
    overdue_since: datetime | None = Field(description="the deadline that passed without a conclusion")
    concluded_at: datetime | None
    conclusion: ConclusionView | None
    annulled_at: datetime | None
    annulment_reason: Written | None

    @classmethod
    def of(cls, clue: Clue, visibility: Visibility) -> ClueView:
        """The clue as a caller with this visibility may read it."""
        return cls.model_validate(clue).model_copy(
            update={
                "causes": list(clue.causes) if visibility.everything else [],
                "opened_at": clue.opened_at if visibility.authority is None else to_hour(clue.opened_at),
            }
        )


class ClueComplaintView(BaseModel):
    """A complaint that is in a clue now: its id, and its newest version that was received. The complaints service has
    the rest."""

    id: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClueFilter:
    """Which clues to list: `columns` and the value each must have (None: any), and further conditions."""

    columns: Mapping[str, str | None]
    overdue: bool | None = None
    unrouted: bool | None = None
    complaint: UUID | None = None


def list_clues(read: Read, page: Paging, visibility: Visibility, wanted: ClueFilter) -> PageRows[ClueView]:
    """The visible clues, by the hour in which they were opened."""
    conditions = [*_visible(visibility), *_conditions(visibility, wanted)]
    rows = select_page(read, CLUES, conditions, page)
    return page_rows(rows, _views(read, rows, visibility))


def find_clue(read: Read, identifier: UUID, visibility: Visibility) -> ClueView:
    """One clue. Raises NotFoundError where it does not exist or is not visible, and UnreadableRowError."""
    row = _find(read, identifier, visibility)
    return one_row(row, _views(read, [row], visibility))


def list_complaints(read: Read, page: Paging, clue: UUID, visibility: Visibility) -> PageRows[ClueComplaintView]:
    """The complaints that are in a clue now, by id; provincial staff see those of their province. Raises as
    `find_clue`."""
    _find(read, clue, visibility)
    conditions = [EVIDENCE.c.clue_id == clue]
    if visibility.province is not None:
        conditions.append(EVIDENCE.c.province == visibility.province)
    after = page.after(UUID)
    if after is not None:
        conditions.append(EVIDENCE.c.complaint_id > after[0])
    statement = (
        sa.select(EVIDENCE.c.complaint_id, EVIDENCE.c.version)
        .where(*conditions)
        .order_by(EVIDENCE.c.complaint_id)
        .limit(page.limit)
    )
    return page_rows(
        read.execute(statement),
        lambda row: ClueComplaintView(id=row.complaint_id, version=row.version),
        key=lambda row: (row.complaint_id,),
    )


def _find(read: Read, identifier: UUID, visibility: Visibility) -> sa.Row[Any]:
    return select_one(read, CLUES, [*_visible(visibility), CLUES.c.id == identifier])


def _views(read: Read, rows: Sequence[sa.Row[Any]], visibility: Visibility) -> Callable[[sa.Row[Any]], ClueView]:
    """The view of each of these rows: provincial staff see the tallies of their province."""
    tallies = open_tallies(read, rows)
    province = visibility.province
    provincial = None if province is None else load_tallies(read, [row.id for row in rows], province)

    def view(row: sa.Row[Any]) -> ClueView:
        clue = clue_of(row, tallies)
        if provincial is not None:
            clue = replace(clue, tally=provincial.get(clue.id, EMPTY))
        return ClueView.of(clue, visibility)

    return view


def _visible(visibility: Visibility) -> Conditions:
    if visibility.authority is not None:
        return [CLUES.c.authority == visibility.authority, CLUES.c.state.in_(sorted(HANDED_OVER))]
    if visibility.province is not None:
        return [_has_complaint(EVIDENCE.c.province == visibility.province)]
    return []


def _conditions(visibility: Visibility, wanted: ClueFilter) -> Conditions:
    routed = None if wanted.unrouted is None else not wanted.unrouted
    conditions = equal(CLUES, wanted.columns)
    conditions += present([(CLUES.c.overdue_since, wanted.overdue), (CLUES.c.authority, routed)])
    if wanted.complaint is not None:
        complaint = EVIDENCE.c.complaint_id == wanted.complaint
        if visibility.province is not None:
            complaint &= EVIDENCE.c.province == visibility.province
        conditions.append(_has_complaint(complaint))
    return conditions


def _has_complaint(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether the clue has a complaint that meets this condition."""
    return sa.exists().where(EVIDENCE.c.clue_id == CLUES.c.id, condition)
