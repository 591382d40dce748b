"""A service: all its parts, wired in one place, for the chassis to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from chassis.events.routing import Projection, Routing
from chassis.http.routes import Router
from chassis.sweeper import Chore, Sweep


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
    sweeps: Sequence[Sweep | Chore] = ()
    has_persons: Callable[[str], bool] = lambda _: True
    """Whether an act for this organisation is that of a person, who is then in the chain of all that follows from it
    (`Cause.actors`). What the others send is evidence."""
    http_port: int = 8000
    """The port of its API where all services share one machine; no two services declare the same."""
    personal: bool = False
    """Whether it stores personal data: then it does not start without a key ring."""
    data_classes: Sequence[str] = ()
    """The classes of its data keys (`chassis.data_keys`)."""
