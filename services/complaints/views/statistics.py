"""How many complaints there are, and what they were found to be."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis.database import Read
from contracts.vocabulary import AttributionKind, Category
from services.complaints.model import State
from services.complaints.store.tables import COMPLAINTS, REGISTER_PORTS


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
