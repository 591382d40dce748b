"""The aggregate that a command acts on, as the caller addresses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from chassis.aggregate import Aggregate, NotFoundError
from chassis.audit import Actor

A = TypeVar("A", bound=Aggregate)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Target(Generic[V]):
    """One aggregate: its id, what is visible to the caller, who acts, and the version that the caller has read.

    `check_version` raises where the aggregate has another version than that.
    """

    id: UUID
    visibility: V
    actor: Actor
    check_version: Callable[[int], None]

    def require(self, found: Sequence[A], visible: Callable[[A], bool]) -> A:
        """The aggregate that was found, if the caller may see it in the version that it has read.

        Raises NotFoundError where it is missing, or invisible in any version; then what `check_version` raises.
        """
        if not found or not visible(found[0]):
            raise NotFoundError
        self.check_version(found[0].version)
        return found[0]
