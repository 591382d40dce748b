"""Decisions of the parcels service: pure, by the rules in `rules.yaml`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from chassis.rules import Rule, Rulebook


class ParcelDelivery(Rule, frozen=True, kw_only=True):
    """The time within which a parcel must be delivered."""

    code: ClassVar[str] = "parcels.delivery"

    within: timedelta


RULES = Rulebook.of("examples.parcels", ParcelDelivery)


def delivery_rule(at: datetime) -> ParcelDelivery:
    """The rule for a parcel that is sent at that moment."""
    return RULES.at(ParcelDelivery, at)
