"""The base of every published fact."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, named in the past tense, complete enough to act on without a query back.

    A subclass defines its `type` with the version of its shape (`parcel-sent.v1`), its `topic`, the kind of `aggregate`
    it is about, the id of that aggregate and the `key` by which it is ordered. The key of one aggregate's events never
    changes. Each event carries the whole published state of the aggregate.
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
        """The Kafka key: events with the same key are ordered."""
        raise NotImplementedError
