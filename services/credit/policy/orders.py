"""Executed orders: which enterprise an order counts against, and when enough of them fall within one window."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.windows import Window
from contracts.ports import OrderFact
from contracts.vocabulary import AttributionKind

LISTING = "listing"
"""The ground of an order that a listing caused. It never counts: a listing must not be the ground of a listing."""

Port = tuple[str, str]
"""A carrier and one of its numbers."""


def enterprise_of(order: OrderFact) -> str | None:
    """The credit code of the enterprise that is responsible for the messages; None where it is unknown.

    The provider for what it sent under its own name; the holder for a port that it sublet or never filed.
    """
    if order.attribution == AttributionKind.DECLARED:
        return order.provider
    if order.attribution in (AttributionKind.SUBLET_SUSPECTED, AttributionKind.UNREGISTERED):
        return order.holder
    return None


def has_fallen(order: OrderFact) -> bool:
    """Whether the order was lifted or lost its ground."""
    return order.lifted_at is not None or order.ground_fell_at is not None


def counts(order: OrderFact) -> bool:
    """Whether the order counts against an enterprise: executed, not fallen, and not caused by a listing."""
    executed = order.executed_at is not None and not has_fallen(order)
    return executed and order.ground != LISTING and enterprise_of(order) is not None


@dataclass(frozen=True, slots=True)
class ShutPort:
    """An executed order against a port of the enterprise that counts."""

    order: UUID
    carrier: str
    number: str
    executed_at: datetime

    @property
    def port(self) -> Port:
        """The port that was shut."""
        return self.carrier, self.number


@dataclass(frozen=True, slots=True)
class ListingThreshold:
    """How many different ports shut within one span of `window` are enough. Each port counts once."""

    orders: int
    window: timedelta


def span_around(trigger: ShutPort, shut: Sequence[ShutPort], threshold: ListingThreshold) -> list[ShutPort] | None:
    """The orders of one span of the window's length that contains `trigger` and reaches the threshold; else None.

    `shut` is sorted by `executed_at` and includes `trigger`.
    """
    return Window(threshold.window, _executed, _port).around(trigger, shut, threshold.orders)


def first_to_reach(
    before: Sequence[ShutPort],
    arrivals: Sequence[ShutPort],
    threshold_of: Callable[[ShutPort], ListingThreshold | None],
) -> tuple[ShutPort, list[ShutPort]] | None:
    """The first arrival, in the order of receipt, that completes a span, and that span.

    Each arrival is judged with the orders that were there before it only, so that the result does not depend on how the
    orders are divided into batches. `threshold_of` gives the threshold for an arrival; None: no rule was in force.
    """
    seen = sorted(before, key=_position)
    for each in arrivals:
        insort(seen, each, key=_position)
        threshold = threshold_of(each)
        if threshold is not None and (span := span_around(each, seen, threshold)) is not None:
            return each, span
    return None


def _executed(each: ShutPort) -> datetime:
    return each.executed_at


def _port(each: ShutPort) -> Port:
    return each.port


def _position(each: ShutPort) -> tuple[datetime, UUID]:
    """Its position among all orders, independent of the order of receipt."""
    return each.executed_at, each.order
