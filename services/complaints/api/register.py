"""The register of ports, as this service knows it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime

from chassis import clock
from chassis.http.auth import Caller, requires
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx
from services.complaints.api.callers import READ, staff_province
from services.complaints.views import register as views

router = Router(tags=["register"])


@router.get("/register/{number}")
def look_up_number(
    number: str, read: ReadTx, caller: Annotated[Caller, requires(READ)], at: AwareDatetime | None = None
) -> views.RegisterView:
    """Who had filed a number at a moment (now, unless given), as the assessment of a message sees it."""
    staff_province(caller)
    return views.look_up(read, number, at or clock.now())
