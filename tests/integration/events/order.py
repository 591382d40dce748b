"""What a topic must show: each aggregate's events in the order of their versions, none missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec


class Told(msgspec.Struct):
    """What of an envelope tells one event from another."""

    id: str
    subject: str
    aggregateversion: int


def versions_told(records: Iterable[Any]) -> dict[str, int]:
    """The last version told of each aggregate.

    Fails where one is left out or comes before an earlier one. An exact re-send of an earlier event is allowed.
    """
    decoder = msgspec.json.Decoder(Told)
    told: dict[str, list[str]] = {}
    places: dict[str, tuple[int, bytes]] = {}
    for record in records:
        event = decoder.decode(record.value)
        ids = told.setdefault(event.subject, [])
        if event.aggregateversion == len(ids) + 1:
            ids.append(event.id)
        else:
            assert event.aggregateversion <= len(ids), (
                f"{event.subject}: version {event.aggregateversion} follows {len(ids)}"
            )
            assert event.id == ids[event.aggregateversion - 1], f"{event.subject}: a version was told in two ways"
        place = (record.partition, record.key)
        assert places.setdefault(event.subject, place) == place, f"{event.subject} lies in two places"
    return {subject: len(ids) for subject, ids in told.items()}
