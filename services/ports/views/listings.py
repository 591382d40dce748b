"""Listings and their effect on filings and ports, as staff read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.aggregate import NotFoundError
from chassis.database import Read
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import Conditions, equal, one_row, page_rows
from chassis.redaction import Written
from services.ports.access import Visibility
from services.ports.model import ListingPhase
from services.ports.store.tables import LISTED_PORTS, LISTING_REFUSALS, LISTINGS, ORDERS


class ListingView(BaseModel):
    """An entry of the credit lists that is or was in force for an enterprise, and its effect here."""

    model_config = ConfigDict(from_attributes=True)

    entry: UUID
    code: str = Field(description="unified social credit code of the enterprise")
    list: str
    tier: str
    reason: str = Field(description="a code for programs")
    article: Written
    new_resources: str = Field(description="allow or refuse: the decision on its new filings")
    existing: str = Field(description="none, propose or shut: what follows for its existing ports")
    phase: ListingPhase
    since: datetime
    until: datetime
    ended_at: datetime | None = Field(description="when it ceased to be in force, for any reason")
    refused: int = Field(description="filings that it kept out of the register")
    ordered: int = Field(description="ports with an order that it placed, or took over from another listing")
    executed: int = Field(description="how many of those orders were executed, even if lifted later")
    lifted: int = Field(description="how many of those orders were lifted")


def list_listings(
    read: Read, page: Paging, visibility: Visibility, wanted: dict[str, str | None]
) -> PageRows[ListingView]:
    """Listings in the order of their entries; `wanted` are columns and the value each must have (None: any)."""
    conditions = [*equal(LISTINGS, {"province": visibility.province}), *equal(LISTINGS, wanted)]
    after = page.after(UUID)
    if after is not None:
        conditions.append(LISTINGS.c.entry > after[0])
    return page_rows(_rows(read, conditions, page.limit), ListingView.model_validate, key=_key)


def find_listing(read: Read, entry: UUID, visibility: Visibility) -> ListingView:
    """One listing. Raises NotFoundError where it does not exist or is not visible, and UnreadableRowError."""
    found = _rows(read, equal(LISTINGS, {"province": visibility.province, "entry": entry}), 1)
    if not found:
        raise NotFoundError
    return one_row(found[0], ListingView.model_validate)


def _key(row: sa.Row[Any]) -> tuple[UUID]:
    return (row.entry,)


def _rows(read: Read, conditions: Conditions, limit: int) -> Sequence[sa.Row[Any]]:
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
    return read.execute(statement).all()
