"""Enquiries, as carriers and staff read them, and the numbers that no carrier claims."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis import clock
from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import Conditions, equal, one_row, page_rows, select_one, select_page
from chassis.redaction import Written
from contracts.numbers import SHORTEST_BASE
from services.ports.access import Visibility
from services.ports.model import Addressed, Answer, Enquiry, EnquiryState
from services.ports.store.enquiries import enquiry_of
from services.ports.store.tables import ENQUIRIES
from services.ports.views.shared import COMPLAINANTS, begun, visible_causes, visible_moment


class EnquiryView(BaseModel):
    """A question to a carrier: is this number, which is not filed, its own?"""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with the answer")
    carrier: str
    number: str
    state: EnquiryState
    addressed_because: Addressed = Field(description="why this carrier is asked")
    holder: str | None = Field(description="the enterprise that holds the number's access code, by other filings")
    complainants: int = COMPLAINANTS
    reasons: list[str]
    rules: list[CitationView]
    causes: list[str] = Field(description="for staff: complaint:<id>")
    sent_at: datetime
    answer_by: datetime
    answer: Answer | None
    answer_note: Written | None
    answered_at: datetime | None
    unanswered_at: datetime | None

    @classmethod
    def of(cls, enquiry: Enquiry, visibility: Visibility) -> EnquiryView:
        """The enquiry as a caller with this visibility may read it."""
        sent_at = visible_moment(enquiry.visible_at, enquiry.sent_at, visibility)
        shown = {"causes": visible_causes(enquiry.causes, visibility), "sent_at": sent_at}
        return cls.model_validate(enquiry).model_copy(update=shown)


class UnclaimedNumber(BaseModel):
    """A number that is not filed and that no carrier claims: a case for staff."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    not_mine: list[str] = Field(description="the carriers that answered that it is not theirs")
    silent: list[str] = Field(description="the carriers that did not answer in time")
    complainants: int = COMPLAINANTS
    concluded_at: datetime = Field(description="when the last carrier answered or let its deadline pass")


def list_enquiries(
    read: Read, page: Paging, visibility: Visibility, wanted: dict[str, str | None]
) -> PageRows[EnquiryView]:
    """Enquiries, the oldest first; `wanted` are columns and the value each must have (None: any)."""
    conditions = [*_visible(visibility), *equal(ENQUIRIES, wanted)]
    return page_rows(select_page(read, ENQUIRIES, conditions, page), partial(_view, visibility=visibility))


def find_enquiry(read: Read, identifier: UUID, visibility: Visibility) -> EnquiryView:
    """One enquiry. Raises NotFoundError where it does not exist or is not visible, and UnreadableRowError."""
    row = select_one(read, ENQUIRIES, [*_visible(visibility), ENQUIRIES.c.id == identifier])
    return one_row(row, partial(_view, visibility=visibility))


def list_unclaimed(read: Read, page: Paging) -> PageRows[UnclaimedNumber]:
    """Numbers to which every carrier asked has answered "not mine" or nothing, and that are neither filed nor ordered
    shut; sorted."""
    after = page.after(str)
    parameters = {
        "after": after[0] if after else "",
        "now": clock.now(),
        "shortest": SHORTEST_BASE,
        "limit": page.limit,
    }
    rows = read.execute(_UNCLAIMED, parameters).all()
    return page_rows(rows, UnclaimedNumber.model_validate, key=lambda row: (row.number,))


_FILED_NOW = "f.port_id = p.id AND f.valid_from <= :now AND (f.valid_to IS NULL OR f.valid_to > :now)"
_UNCLAIMED = sa.text(
    "SELECT e.number, "  # noqa: S608 - a constant of this module
    "coalesce(array_agg(DISTINCT e.carrier) FILTER (WHERE e.answer = 'not-mine'), '{}') AS not_mine, "
    "coalesce(array_agg(DISTINCT e.carrier) FILTER (WHERE e.state = 'unanswered'), '{}') AS silent, "
    "max(e.complainants) AS complainants, max(coalesce(e.answered_at, e.unanswered_at)) AS concluded_at "
    "FROM enquiries AS e WHERE e.number > :after "
    "AND NOT EXISTS (SELECT FROM orders AS o WHERE o.number = e.number AND o.state <> 'lifted') "
    f"AND NOT EXISTS (SELECT FROM ports AS p JOIN filings AS f ON {_FILED_NOW} WHERE p.number = e.number) "
    "AND NOT EXISTS (SELECT FROM generate_series(:shortest, length(e.number) - 1) AS digits "
    "JOIN ports AS p ON p.number = left(e.number, digits) AND p.covers_extensions "
    f"JOIN filings AS f ON {_FILED_NOW} AND f.covers_extensions) "
    "GROUP BY e.number "
    "HAVING bool_and(e.state = 'unanswered' OR (e.state = 'answered' AND e.answer = 'not-mine')) "
    "ORDER BY e.number LIMIT :limit"
)


def _visible(visibility: Visibility) -> Conditions:
    """The conditions of visibility. A number that is not filed has no province, so provincial staff see no enquiry."""
    if visibility.province is not None:
        return [sa.false()]
    return [*equal(ENQUIRIES, {"carrier": visibility.carrier}), *begun(ENQUIRIES, visibility)]


def _view(row: Any, visibility: Visibility) -> EnquiryView:
    return EnquiryView.of(enquiry_of(row), visibility)
