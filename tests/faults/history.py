"""The events of a service: recorded without gaps, published in order, none left."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from tests.faults.running import RunningSystem

_HAPPENED = (
    "SELECT id, topic, key, aggregatetype, aggregateid, version, published_at IS NOT NULL FROM outbox ORDER BY position"
)


def check_history(running: RunningSystem, service: str) -> None:
    """Fail unless every event was published, in the order of its key. A repetition is allowed: a relay that is killed
    has not marked what it sent last."""
    happened = running.rows(service, _HAPPENED)
    versions: dict[tuple[str, str], list[int]] = defaultdict(list)
    recorded: dict[tuple[str, str], list[int]] = defaultdict(list)
    for _, topic, key, kind, identifier, version, published in happened:
        assert published
        versions[kind, identifier].append(version)
        recorded[topic, key].append(version)
    for aggregate, found in versions.items():
        assert found == list(range(1, len(found) + 1)), aggregate
    published_ids: set[str] = set()
    for topic in {topic for topic, _ in recorded}:
        sent: dict[str, list[int]] = defaultdict(list)
        for record in running.topics.records(topic):
            envelope = msgspec.json.decode(record.value)
            if envelope["id"] not in published_ids:
                published_ids.add(envelope["id"])
                sent[record.key.decode()].append(envelope["aggregateversion"])
        for key, found in sent.items():
            # Carriers may have recorded further events meanwhile.
            assert found[: len(recorded[topic, key])] == recorded[topic, key], (topic, key)
    assert {str(event) for event, *_ in happened} <= published_ids
    assert published_ids <= {str(event) for event, *_ in running.rows(service, _HAPPENED)}
