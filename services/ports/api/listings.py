"""Listed enterprises: the effect of the credit lists on their filings and ports, for staff."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from chassis.http.auth import Caller, requires
from chassis.http.paging import Page, PageQuery
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx
from services.ports.access import READ_ORDERS, visible_to_staff
from services.ports.model import ListingPhase
from services.ports.views import listings as views

router = Router(tags=["listings"])


@router.get("/listings")
def list_listings(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ_ORDERS)],
    phase: ListingPhase | None = None,
    code: str | None = None,
) -> Page[views.ListingView]:
    """Listings that are or were in force: national staff see all, a provincial administration those of enterprises
    registered in its province."""
    wanted: dict[str, str | None] = {"phase": phase, "code": code}
    found = views.list_listings(read, page, visible_to_staff(caller), wanted)
    return page.of(found)


@router.get("/listings/{entry}")
def get_listing(entry: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ_ORDERS)]) -> views.ListingView:
    """One listing, by its entry in the credit lists."""
    return views.find_listing(read, entry, visible_to_staff(caller))
