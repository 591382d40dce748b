"""The base of a domain model: a version that counts the events of an aggregate, and the cause of each event.

Pure: no database, no broker.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeVar
from uuid import UUID

import msgspec

from chassis.disclosure import disclosed
from chassis.event import Event

UNKNOWN_ACTOR: Final = "unknown"
"""Stands for the persons behind what was stored before persons were."""


class Cause(msgspec.Struct, frozen=True):
    """Why something happens.

    `correlation_id` is the complaint or command that started the whole story, `causation_id` the event or command that
    led to this step, `traceparent` the W3C trace context, if any. `actors` are the persons without whose acts it would
    not happen: the subjects of their tokens, sorted.
    """

    correlation_id: str
    causation_id: str
    traceparent: str | None = None
    actors: tuple[str, ...] = ()

    @classmethod
    def beginning(cls, identifier: object, traceparent: str | None = None, actors: tuple[str, ...] = ()) -> Cause:
        """The cause of a story that starts with the command or act `identifier`."""
        return cls(str(identifier), str(identifier), traceparent, actors)

    def within(self, correlation_id: str, traceparent: str | None = None) -> Cause:
        """The same cause as a part of the story `correlation_id`, and of its trace if the story stores one."""
        return Cause(correlation_id, self.causation_id, traceparent or self.traceparent, self.actors)

    def joined(self, actors: Iterable[str]) -> Cause:
        """The same cause, which these persons have a part in too."""
        joined = union(self.actors, actors)
        return self if joined == self.actors else msgspec.structs.replace(self, actors=joined)


def union(*persons: Iterable[str]) -> tuple[str, ...]:
    """All of these persons, each once, sorted."""
    return tuple(sorted({person for each in persons for person in each}))


def require_another_person(decider: str, chain: Container[str | None]) -> None:
    """Raises ConflictError where the decider is in the chain."""
    if decider in chain:
        raise ConflictError("four-eyes", "A person whose act led to this cannot decide it.")


class ConflictError(Exception):
    """An act is not allowed in the current state of its aggregate.

    `code` is the slug of the problem in the response (`chassis.http.problems`); `detail` explains it to a person.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class NotFoundError(LookupError):
    """Not found, or not visible to this caller: the two must be indistinguishable."""


E = TypeVar("E", bound=Event)


def fact(kind: type[E], aggregate: object) -> E:
    """The event of this kind that states what `aggregate` is now: each of its fields is the attribute of that name, and
    each of its texts may leave the service.

    Raises msgspec.ValidationError where an attribute is missing or has another type.
    """
    return disclosed(msgspec.convert(aggregate, kind, from_attributes=True))


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event as its aggregate recorded it, with its cause and the version that it creates."""

    version: int
    event: Event
    cause: Cause


@dataclass(kw_only=True)
class Aggregate:
    """A consistency boundary. Its version is the count of its events; its row is updated `WHERE version =
    stored_version`.

    `published_as` is the base class of the facts about it: `fact` reads their fields from attributes of the same name.
    """

    published_as: ClassVar[type[Event] | None] = None

    id: UUID
    version: int = 0
    recorded: list[Recorded] = field(default_factory=list, repr=False, compare=False)

    @property
    def stored_version(self) -> int:
        """The version of the row when it was loaded; 0 for a new aggregate."""
        return self.version - len(self.recorded)

    def record(self, event: Event, cause: Cause) -> None:
        """Record `event` under the next version. Called by transitions after they have checked the state."""
        self.version += 1
        self.recorded.append(Recorded(self.version, event, cause))

    def drain(self) -> list[Recorded]:
        """Return and clear the recorded events; afterwards the aggregate counts as stored."""
        recorded, self.recorded = self.recorded, []
        return recorded


@dataclass(kw_only=True)
class Ground(Aggregate):
    """An aggregate on which persons or rules decide: it keeps the persons in its chain.

    The chain of a decision is the union of the persons of all that led to it, over all services: each fact has those of
    its aggregate. A person in the chain of the ground does not decide on it.
    """

    actors: tuple[str, ...] = ()

    def record(self, event: Event, cause: Cause) -> None:
        """Record `event`; the persons of its cause join the chain, and the event has the whole chain."""
        chain = cause.joined(self.actors)
        self.actors = chain.actors
        super().record(event, chain)

    def require_another_person(self, decider: str) -> None:
        """Raises ConflictError where the decider is in the chain."""
        require_another_person(decider, self.actors)
