"""What is in quarantine, for staff: events, items of sweeps, and rows that a migration moved out of their tables.

The contents stay in the database: they can be personal data.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.events.quarantine import QUARANTINE
from chassis.http.auth import Caller, requires
from chassis.http.paging import Page, PageQuery, PageRows, Paging
from chassis.http.problems import Forbidden
from chassis.http.queries import page_rows
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx
from chassis.quarantine import QUARANTINED_ITEMS, QUARANTINED_ROWS


class _Quarantined(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    quarantined_at: datetime


class QuarantinedEventView(_Quarantined):
    """An event that a consumer could not process."""

    group: str = Field(description="the consumer group")
    topic: str
    partition: int
    offset: int
    key: str = Field(description="later events of this key wait behind it")
    event_id: UUID
    error: str | None = Field(description="null while it waits for an earlier event of its key")
    tries: int
    next_at: datetime = Field(description="when it is tried again")


class QuarantinedItemView(_Quarantined):
    """An item at which a sweep failed."""

    sweep: str
    item: str
    error: str
    tries: int
    next_at: datetime = Field(description="when it is tried again")


class QuarantinedRowView(_Quarantined):
    """A row that a migration moved out of its table."""

    id: int
    table_name: str
    row: str | None = Field(description="the id that it had there, if it had one")
    reason: str


def quarantine_router(scope: str, sees_everything: Callable[[str], bool]) -> Router:
    """The lists of a service's quarantine, for callers with `scope` of an organisation that sees everything."""
    made = Router(tags=["quarantine"])

    Reader = Annotated[Caller, requires(scope)]  # noqa: N806 - a type

    def require_staff(caller: Caller) -> None:
        if not sees_everything(caller.organisation):
            raise Forbidden("Only staff who see everything may read the quarantine.")

    @made.get("/quarantined-events")
    def list_quarantined_events(read: ReadTx, page: PageQuery, caller: Reader) -> Page[QuarantinedEventView]:
        """Events in quarantine, by consumer group and position. Staff of the ministry only."""
        require_staff(caller)
        keys = (QUARANTINE.c.group, QUARANTINE.c.topic, QUARANTINE.c.partition, QUARANTINE.c.offset)
        found = _page(read, page, sa.select(QUARANTINE), keys, (str, str, int, int), QuarantinedEventView)
        return page.of(found)

    @made.get("/quarantined-items")
    def list_quarantined_items(read: ReadTx, page: PageQuery, caller: Reader) -> Page[QuarantinedItemView]:
        """Items of sweeps in quarantine, by sweep and item. Staff of the ministry only."""
        require_staff(caller)
        keys = (QUARANTINED_ITEMS.c.sweep, QUARANTINED_ITEMS.c.item)
        return page.of(_page(read, page, sa.select(QUARANTINED_ITEMS), keys, (str, str), QuarantinedItemView))

    @made.get("/quarantined-rows")
    def list_quarantined_rows(read: ReadTx, page: PageQuery, caller: Reader) -> Page[QuarantinedRowView]:
        """Rows that a migration moved out of their tables, the oldest first. Staff of the ministry only."""
        require_staff(caller)
        columns = QUARANTINED_ROWS.c
        rows = sa.select(QUARANTINED_ROWS, columns.content["id"].astext.label("row"))
        return page.of(_page(read, page, rows, (columns.id,), (int,), QuarantinedRowView))

    return made


def _page(
    read: Read,
    page: Paging,
    rows: sa.Select[Any],
    keys: tuple[sa.Column[Any], ...],
    types: tuple[type[str] | type[int], ...],
    view: type[Any],
) -> PageRows[Any]:
    """A page of these rows, sorted by `keys`, whose values have these types."""
    after = page.after(*types)
    if after is not None:
        rows = rows.where(sa.tuple_(*keys) > after)
    found = read.execute(rows.order_by(*keys).limit(page.limit))
    return page_rows(found, view.model_validate, key=lambda row: tuple(row._mapping[each.name] for each in keys))
