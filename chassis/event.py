"""The base of every published fact."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, in the past tense, full enough to act on without asking back.

    A subclass names its `type` (with the version of its shape: `parcel-sent.v1`), the `topic` it travels on and
    the kind of `aggregate` it tells of, and says which aggregate that is and which `key` orders it. The key of one
    aggregate's events never changes. Each event carries the aggregate's whole published state.
    """

    type: ClassVar[str]
    topic: ClassVar[str]
    aggregate: ClassVar[str]

    @property
    def aggregate_id(self) -> str:
        """The identifier of the aggregate this fact is about."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        """The Kafka key: what is ordered among itself."""
        raise NotImplementedError
