"""Which event types a service consumes, and which function handles each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from chassis.database import Tx
from chassis.event import Event
from chassis.events.envelope import Message

Handler = Callable[[Tx, Sequence[Message[Any]]], None]
"""Handles a run of messages of the types that it is registered for, in the order of receipt, in one transaction.

It can lock in one order only within its run. Where several workers lock the same rows, one handler has all types."""

Routing = Mapping[type[Event], Handler]
"""Event type → its handler: the one table of what a consumer group consumes."""


@dataclass(frozen=True, kw_only=True)
class Projection:
    """Facts of another service, stored for reading. It publishes nothing, so it can be rebuilt at any time."""

    name: str
    handlers: Routing
    tables: Sequence[sa.Table]


def topics_of(routing: Routing | Iterable[type[Event]]) -> tuple[str, ...]:
    """The topics that carry these event types, sorted."""
    return tuple(sorted({each.topic for each in routing}))
