"""What a domain model stands on: a version that counts its events, and the cause of each.

Pure: nothing here knows a database or a broker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, TypeVar
from uuid import UUID

import msgspec

from chassis.event import Event


class Cause(msgspec.Struct, frozen=True):
    """Why something happens.

    `correlation_id` is the complaint or command that began the whole story, `causation_id` the event or command
    that led to this step, `traceparent` the W3C trace context, where there is one.
    """

    correlation_id: str
    causation_id: str
    traceparent: str | None = None

    @classmethod
    def beginning(cls, identifier: object) -> Cause:
        """The cause of a story that begins with the command or act that `identifier` names."""
        return cls(str(identifier), str(identifier))

    def within(self, correlation_id: str) -> Cause:
        """The same cause as a part of the story that `correlation_id` began."""
        return Cause(correlation_id, self.causation_id, self.traceparent)


class ConflictError(Exception):
    """An act does not fit the state of what it is upon.

    `code` names the rule that was broken, by the slug of the problem that callers are told (`chassis.http.problems`);
    the text says it to a person.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class NotFoundError(LookupError):
    """There is no such thing, or none that this caller may know of: it must not be able to tell."""


E = TypeVar("E", bound=Event)


def fact(kind: type[E], aggregate: object) -> E:
    """The event of this kind that states what `aggregate` is now: each of its fields is the attribute of that name.

    Raises msgspec.ValidationError where an attribute is missing or has another type.
    """
    return msgspec.convert(aggregate, kind, from_attributes=True)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event as its aggregate recorded it: with the version it made and its cause."""

    version: int
    event: Event
    cause: Cause


@dataclass(kw_only=True)
class Aggregate:
    """A consistency boundary. Its version is the count of its events; a row is saved `WHERE version` still is
    `stored_version`.

    `published_as` is the base class of the facts about it: `fact` reads their fields from attributes of the same name.
    """

    published_as: ClassVar[type[Event] | None] = None

    id: UUID
    version: int = 0
    recorded: list[Recorded] = field(default_factory=list, repr=False, compare=False)

    @property
    def stored_version(self) -> int:
        """The version the row had when it was loaded (0: there was none)."""
        return self.version - len(self.recorded)

    def record(self, event: Event, cause: Cause) -> None:
        """Take the next version for `event`. Called by transitions, after they have checked the state."""
        self.version += 1
        self.recorded.append(Recorded(self.version, event, cause))

    def drain(self) -> list[Recorded]:
        """Hand over what was recorded; afterwards the aggregate counts as stored."""
        recorded, self.recorded = self.recorded, []
        return recorded
