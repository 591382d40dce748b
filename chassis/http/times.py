"""Times in requests: between EARLIEST and LATEST of the calendar, so that no arithmetic on them overflows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field
from pydantic_core import PydanticCustomError

from chassis.calendar import EARLIEST, LATEST, begin_of
from chassis.http.faults import form


def _in_bounds(moment: datetime) -> datetime:
    if EARLIEST <= moment <= LATEST:
        return moment
    bounds = {"first": EARLIEST.date(), "last": LATEST.date()}
    raise PydanticCustomError("out_of_bounds", "must be a time from {first} to {last} (Beijing time)", bounds)


def _in_calendar(quarter: str) -> str:
    try:
        begin_of(quarter)
    except ValueError as error:
        raise PydanticCustomError("out_of_bounds", "{reason}", {"reason": str(error)}) from error
    return quarter


Moment = Annotated[AwareDatetime, AfterValidator(_in_bounds)]
"""A time with its offset (RFC 3339), in bounds."""

_QUARTER = form("^[0-9]{4}Q[1-4]$", "must be a quarter, such as 2026Q4")
Quarter = Annotated[str, Field(pattern=_QUARTER), AfterValidator(_in_calendar)]
"""A quarter of the legal calendar, in bounds: 2026Q4."""
