"""The order in a topic: the events of each aggregate are in version order, and none is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec


class Identity(msgspec.Struct):
    """The attributes of an envelope that identify an event."""

    id: str
    subject: str
    aggregateversion: int


def published_versions(records: Iterable[Any]) -> dict[str, int]:
    """The last version of each aggregate in these records.

    Fails when a version is missing or out of order. An exact repetition of an earlier event is allowed.
    """
    decoder = msgspec.json.Decoder(Identity)
    ids_by_subject: dict[str, list[str]] = {}
    places: dict[str, tuple[int, bytes]] = {}
    for record in records:
        event = decoder.decode(record.value)
        ids = ids_by_subject.setdefault(event.subject, [])
        if event.aggregateversion == len(ids) + 1:
            ids.append(event.id)
        else:
            assert event.aggregateversion <= len(ids), (
                f"{event.subject}: version {event.aggregateversion} follows {len(ids)}"
            )
            assert event.id == ids[event.aggregateversion - 1], (
                f"{event.subject}: version {event.aggregateversion} belongs to two events"
            )
        place = (record.partition, record.key)
        assert places.setdefault(event.subject, place) == place, f"{event.subject} has two partitions or keys"
    return {subject: len(ids) for subject, ids in ids_by_subject.items()}
