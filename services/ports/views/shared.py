"""Parts that several views share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from pydantic import Field

from chassis import clock
from chassis.http.queries import Conditions
from services.ports.access import Visibility


def visible_causes(causes: Sequence[str], visibility: Visibility) -> list[str]:
    """The causes that a caller with this visibility may see.

    A carrier files the complaints of its own subscribers: a reference would identify one of them. The proposals of
    staff are internal to the regulator.
    """
    return [each for each in causes if visibility.carrier is None or not each.startswith(("complaint:", "proposal:"))]


def begun(table: sa.Table, visibility: Visibility) -> Conditions:
    """The condition that orders or enquiries are visible by now: a carrier sees them on a grid of moments."""
    if visibility.carrier is None:
        return []
    return [sa.or_(table.c.visible_at.is_(None), table.c.visible_at <= clock.now())]


def visible_moment(visible_at: datetime | None, at: datetime, visibility: Visibility) -> datetime:
    """When an order or an enquiry was made, as a caller may read it: a carrier reads since when it is visible."""
    return at if visibility.carrier is None else visible_at or at


def cut_moment(at: datetime, visibility: Visibility) -> datetime:
    """A moment that a complaint determines, as a caller may read it: a carrier reads its minute."""
    return at if visibility.carrier is None else at.replace(second=0, microsecond=0)


COMPLAINANTS = Field(description="how many different people complained")
