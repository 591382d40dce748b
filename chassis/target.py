"""The aggregate that a command acts on, as the caller addresses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from chassis.audit import Actor

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Target(Generic[V]):
    """One aggregate: its id, what is visible to the caller, who acts, and the version that the caller has read.

    `check_version` raises where the aggregate has another version than that. A command checks visibility first: an
    invisible aggregate is not found, whatever its version.
    """

    id: UUID
    visibility: V
    actor: Actor
    check_version: Callable[[int], None]
