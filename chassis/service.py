"""What a service is: everything it is made of, wired in one place, for the chassis to run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chassis.buckets import ALL
from chassis.database import Tx
from chassis.events.envelope import Message
from chassis.events.event import Event
from chassis.http.routes import Router

Handler = Callable[[Tx, Sequence[Message[Any]]], None]
"""Works on a run of messages of one type, in the order in which they were heard, in one transaction."""

Routing = Mapping[type[Event], Handler]
"""What a service hears, and who acts on it: the one table of it."""


@dataclass(frozen=True, kw_only=True)
class Projection:
    """Another service's facts, kept to be read. It emits nothing, so it may be rebuilt at any time."""

    name: str
    handlers: Routing
    tables: Sequence[sa.Table]


@dataclass(frozen=True, slots=True)
class Slice:
    """How much of a sweep's work to take: at most `limit` items, of those buckets only."""

    limit: int
    buckets: tuple[int, ...] = ALL


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Work that is due, found in the service's own tables.

    `run` takes a slice in one transaction and returns how many items it did; while that is not zero it is run again
    at once, else after `every`, or when a commit announces work and the sweep wants to be `woken`. A `bucketed` sweep
    is given only buckets that this process owns, so that no two replicas work on one key; any other finds its rows
    with SKIP LOCKED.
    """

    name: str
    run: Callable[[Tx, Slice], int]
    every: timedelta
    limit: int = 500
    bucketed: bool = False
    woken: bool = True


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service on one screen."""

    name: str
    title: str
    metadata: sa.MetaData
    migrations: Path
    routers: Sequence[Router] = ()
    projections: Sequence[Projection] = ()
    reactions: Routing = field(default_factory=dict)
    sweeps: Sequence[Sweep] = ()
    http_port: int = 8000
    """The port of its API where all services share one machine; no two services declare the same."""
    personal: bool = False
    """Whether it keeps personal data: then it does not start without a key ring."""


def topics_of(routing: Routing | Iterable[type[Event]]) -> tuple[str, ...]:
    """The topics on which these event types travel, sorted."""
    return tuple(sorted({each.topic for each in routing}))
