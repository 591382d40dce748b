"""Orders to seal, and figures: for national staff."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from starlette.responses import Response

from chassis import clock
from chassis.http.auth import Caller, requires
from chassis.http.idempotency import OnceOnly
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import Invalid, NotFound
from chassis.http.responses import accepted
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from services.referrals.api.callers import READ, ROUTE, national_staff
from services.referrals.api.forms import SealingIn
from services.referrals.commands.sealing import order_sealing
from services.referrals.policy.competence import Addressees, day_of
from services.referrals.views import sealings as views
from services.referrals.views.statistics import Statistics, count_everything

router = Router(tags=["sealings"])


@router.post("/sealings", status_code=202, response_model=views.SealingView)
def seal(sealing: SealingIn, tx: WriteTx, once: OnceOnly, caller: Annotated[Caller, requires(ROUTE)]) -> Response:
    """Have sealed what is open now, without waiting for the quarter's day. It is worked off in slices."""
    national_staff(caller)
    if sealing.authority is not None and sealing.authority not in Addressees(day_of(clock.now())).standing:
        raise Invalid.value("body", "/authority", "nothing is handed over to it today")

    def act() -> Response:
        ordered = order_sealing(tx, sealing.authority, sealing.through, sealing.reason, caller)
        return accepted(views.SealingView.of(ordered), location=f"/sealings/{ordered.id}")

    return once(tx, caller, act)


@router.get("/sealings")
def list_sealings(read: ReadTx, page: PageQuery, caller: Annotated[Caller, requires(READ)]) -> Page[views.SealingView]:
    """Orders to seal, by staff and by the calendar, the newest first."""
    national_staff(caller)
    return page.of(views.list_sealings(read, page), key=lambda sealing: (sealing.id,))


@router.get("/sealings/{id}")
def get_sealing(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> views.SealingView:
    """One order to seal: how far it is."""
    national_staff(caller)
    view = views.find_sealing(read, id)
    if view is None:
        raise NotFound
    return view


@router.get("/statistics", tags=["statistics"])
def count(read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> Statistics:
    """How many complaints, clues and batches there are, of one moment."""
    national_staff(caller)
    return count_everything(read)
