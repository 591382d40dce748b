"""The aggregate that a command acts on, as the caller addresses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from chassis.aggregate import Aggregate, NotFoundError
from chassis.audit import Actor
from chassis.stored import UnreadableRowError

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T")
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

    def require(self, load: Callable[[Sequence[UUID]], Sequence[A]], visible: Callable[[A], bool]) -> A:
        """The aggregate that `load` finds by its id, if the caller may see it in the version that it has read.

        Raises as `require_visible`, then what `check_version` raises.
        """
        found = require_visible(lambda: next(iter(load([self.id])), None), visible)
        self.check_version(found.version)
        return found


def require_visible(load: Callable[[], T | None], visible: Callable[[T], bool]) -> T:
    """What `load` finds, if it is visible.

    Raises NotFoundError where it is missing or invisible, and UnreadableRowError where its row cannot be read, unless
    the row shows that it is invisible.
    """
    try:
        found = load()
    except UnreadableRowError as error:
        if _is_hidden(error.row, visible):
            raise NotFoundError from error
        raise
    if found is None or not visible(found):
        raise NotFoundError
    return found


def _is_hidden(row: Any, visible: Callable[[Any], bool]) -> bool:
    try:
        return not visible(row)
    except Exception:  # what it is judged by cannot be read
        return False
