"""Parts that several views share."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from services.ports.access import Visibility


def visible_causes(causes: Sequence[str], visibility: Visibility) -> list[str]:
    """The causes that a caller with this visibility may see.

    A carrier files the complaints of its own subscribers: a reference would identify one of them. The proposals of
    staff are internal to the regulator.
    """
    return [each for each in causes if visibility.carrier is None or not each.startswith(("complaint:", "proposal:"))]


COMPLAINANTS = Field(description="how many different people complained")
