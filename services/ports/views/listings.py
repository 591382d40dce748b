"""Listings and what became of the ports that they are after, as staff read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis.database import Read
from chassis.http.paging import Paging
from services.ports.access import Visibility
from services.ports.model import ListingPhase
from services.ports.store.tables import LISTED_PORTS, LISTING_REFUSALS, LISTINGS, ORDERS
from services.ports.views.shared import equal


class ListingView(BaseModel):
    """An entry of the credit lists that is or was in force for an enterprise, and how far it has come here."""

    entry: UUID
    code: str = Field(description="unified social credit code of the enterprise")
    list: str
    tier: str
    reason: str = Field(description="a code for programs")
    article: str
    new_resources: str = Field(description="allow or refuse: what is done with its filings")
    existing: str = Field(description="none, propose or shut: what was to follow for the ports it had")
    phase: ListingPhase
    since: datetime
    until: datetime
    ended_at: datetime | None = Field(description="when it was no longer in force, for whatever reason")
    refused: int = Field(description="filings that it kept out of the register")
    ordered: int = Field(description="ports with an order that it placed, or that stood for it after another listing")
    executed: int = Field(description="how many of those orders were executed, whatever came after")
    lifted: int = Field(description="how many of those orders were lifted")


def list_listings(read: Read, page: Paging, visibility: Visibility, wanted: dict[str, str | None]) -> list[ListingView]:
    """Listings in the order of their entries; `wanted` are columns and the value each must have (None: any)."""
    conditions = equal(LISTINGS, {"province": visibility.province} | wanted)
    after = page.after(UUID)
    if after is not None:
        conditions.append(LISTINGS.c.entry > after[0])
    return _views(read, conditions, page.limit)


def find_listing(read: Read, entry: UUID, visibility: Visibility) -> ListingView | None:
    """One listing, if it is seen."""
    found = _views(read, equal(LISTINGS, {"province": visibility.province, "entry": entry}), 1)
    return found[0] if found else None


def _views(read: Read, conditions: list[sa.ColumnElement[bool]], limit: int) -> list[ListingView]:
    refused = sa.select(sa.func.count()).where(LISTING_REFUSALS.c.entry == LISTINGS.c.entry).scalar_subquery()
    orders = (
        sa.select(
            sa.func.count().label("ordered"),
            sa.func.count(ORDERS.c.executed_at).label("executed"),
            sa.func.count(ORDERS.c.lifted_at).label("lifted"),
        )
        .select_from(LISTED_PORTS.join(ORDERS, ORDERS.c.id == LISTED_PORTS.c.order_id))
        .where(LISTED_PORTS.c.entry == LISTINGS.c.entry)
        .lateral("placed")
    )
    statement = (
        sa.select(LISTINGS, refused.label("refused"), orders.c.ordered, orders.c.executed, orders.c.lifted)
        .select_from(LISTINGS.join(orders, sa.true()))
        .where(*conditions)
        .order_by(LISTINGS.c.entry)
        .limit(limit)
    )
    return [_view(row) for row in read.execute(statement).all()]


def _view(row: Any) -> ListingView:
    return ListingView.model_validate(dict(row._mapping))
