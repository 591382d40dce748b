"""Sealings, and statistics: for national staff."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from chassis.http.auth import Caller, requires
from chassis.http.operations import located
from chassis.http.paging import Page, PageQuery
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from services.referrals.access import READ, ROUTE, require_national_staff
from services.referrals.api.forms import SealingIn
from services.referrals.commands.sealing import order_sealing
from services.referrals.views import sealings as views
from services.referrals.views.statistics import ReferralStatistics, count_everything

router = Router(tags=["sealings"])


@router.post("/sealings", status_code=202)
@located("/sealings/{id}")
def seal(sealing: SealingIn, tx: WriteTx, caller: Annotated[Caller, requires(ROUTE)]) -> views.SealingView:
    """Order the sealing of clues that are open now, before the quarter's day. They are sealed in slices."""
    require_national_staff(caller)
    ordered = order_sealing(tx, sealing.authority, sealing.through, sealing.reason, caller)
    return views.find_sealing(tx, ordered.id)


@router.get("/sealings")
def list_sealings(read: ReadTx, page: PageQuery, caller: Annotated[Caller, requires(READ)]) -> Page[views.SealingView]:
    """Sealings ordered by staff and by the calendar, the newest first."""
    require_national_staff(caller)
    return page.of(views.list_sealings(read, page))


@router.get("/sealings/{id}")
def get_sealing(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> views.SealingView:
    """One sealing, with its progress."""
    require_national_staff(caller)
    return views.find_sealing(read, id)


@router.get("/statistics", tags=["statistics"])
def count(read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> ReferralStatistics:
    """How many complaints, clues and batches there are, at one moment."""
    require_national_staff(caller)
    return count_everything(read)
