"""How many complaints there are, by state and by assessment."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis.database import Read
from chassis.http.queries import equal
from contracts.vocabulary import AttributionKind, Category
from services.complaints.access import Visibility
from services.complaints.model import ComplaintState
from services.complaints.store.tables import COMPLAINTS, REGISTER_HOLDERS


class ComplaintStatistics(BaseModel):
    """Numbers of complaints: filed = waiting + assessed + withdrawn; attribution and categories add up to assessed."""

    filed: int
    waiting: int
    assessed: int
    withdrawn: int
    not_spam: int
    attribution: dict[AttributionKind, int]
    categories: dict[Category, int]
    industries: dict[str, int]
    ports_known: int = Field(description="ports in this service's copy of the register")


def count_complaints(read: Read, visibility: Visibility) -> ComplaintStatistics:
    """The numbers of the visible complaints."""
    columns = (COMPLAINTS.c.state, COMPLAINTS.c.kind, COMPLAINTS.c.category, COMPLAINTS.c.industry)
    visible = equal(COMPLAINTS, {"province": visibility.province})
    statement = sa.select(*columns, sa.func.count().label("complaints")).where(*visible).group_by(*columns)
    known = sa.select(REGISTER_HOLDERS.c.carrier, REGISTER_HOLDERS.c.number).distinct()
    states = dict.fromkeys(ComplaintState, 0)
    kinds = dict.fromkeys(AttributionKind, 0)
    categories = dict.fromkeys(Category, 0)
    industries: dict[str, int] = {}
    for row in read.execute(statement):
        states[ComplaintState(row.state)] += row.complaints
        if row.state == ComplaintState.ASSESSED:
            kinds[AttributionKind(row.kind)] += row.complaints
            categories[Category(row.category)] += row.complaints
            industries[row.industry] = industries.get(row.industry, 0) + row.complaints
    return ComplaintStatistics(
        filed=sum(states.values()),
        waiting=states[ComplaintState.FILED],
        assessed=states[ComplaintState.ASSESSED],
        withdrawn=states[ComplaintState.WITHDRAWN],
        not_spam=categories[Category.NOT_SPAM],
        attribution=kinds,
        categories=categories,
        industries=dict(sorted(industries.items())),
        ports_known=read.execute(sa.select(sa.func.count()).select_from(known.subquery())).scalar_one(),
    )
