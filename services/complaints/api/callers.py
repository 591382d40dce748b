"""Who calls, what they see, and what they may do."""

from __future__ import annotations

from chassis.http.auth import Caller
from chassis.http.problems import Forbidden
from contracts.organisations import is_national, province_of

FILE = "complaints:file"
READ = "complaints:read"
CORRECT = "complaints:correct"
WITHDRAW = "complaints:withdraw"
REVEAL = "complaints:reveal"


def staff_province(caller: Caller) -> str | None:
    """The province that staff see; None for national staff, who see all. Raises Forbidden for whoever is no staff."""
    if not _is_staff(caller):
        raise Forbidden("This is for the regulator's staff.")
    return province_of(caller.organisation)


def may_file_for(caller: Caller, channel: str) -> bool:
    """Whether a caller may file complaints of this channel: a channel what came through itself, staff any."""
    return _is_staff(caller) or caller.organisation == f"channel:{channel}"


def _is_staff(caller: Caller) -> bool:
    return is_national(caller.organisation) or province_of(caller.organisation) is not None
