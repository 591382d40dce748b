"""Whom an executed order counts against, and whether it counts at all."""

from __future__ import annotations

from contracts.ports import OrderFact
from contracts.vocabulary import AttributionKind

LISTING = "listing"
"""The ground of an order that a listing caused. It never counts: a listing must not be the ground of a listing."""


def enterprise_of(order: OrderFact) -> str | None:
    """The credit code of the enterprise that answers for what was sent; None where nobody is known.

    The provider for what went out under its own name; the holder for what it let out of its hands, or never filed.
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
    """Whether the order is held against an enterprise: executed, standing, and not itself what a listing did."""
    executed = order.executed_at is not None and not has_fallen(order)
    return executed and order.ground != LISTING and enterprise_of(order) is not None
