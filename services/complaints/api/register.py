"""The register of ports, as this service's copy has it."""

from __future__ import annotations

from typing import Annotated

from chassis import clock
from chassis.http.auth import Caller, requires
from chassis.http.routes import Router
from chassis.http.times import Moment
from chassis.http.transactions import ReadTx
from services.complaints.access import READ, visible_to_staff
from services.complaints.views import register as views

router = Router(tags=["register"])


@router.get("/register/{number}")
def look_up_number(
    number: str, read: ReadTx, caller: Annotated[Caller, requires(READ)], at: Moment | None = None
) -> views.RegisterView:
    """The filings of a number at a moment (by default now), as the assessment of a message sees them.

    National staff see all, a provincial administration those filed for its province.
    """
    return views.look_up(read, number, at or clock.now(), visible_to_staff(caller))
