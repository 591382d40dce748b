"""The events of a service: recorded without gaps, published in order, none left."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from tests.faults.running import RunningSystem

_HAPPENED = (
    "SELECT id, topic, aggregatetype, aggregateid, version, published_at IS NOT NULL FROM outbox"
    " ORDER BY aggregatetype, aggregateid, position"
)


def check_history(running: RunningSystem, service: str) -> None:
    """Fail unless every event was published, in the order of its aggregate. A repetition is allowed: a relay that is
    killed has not marked what it sent last."""
    happened = running.rows(service, _HAPPENED)
    versions: dict[tuple[str, str], list[int]] = defaultdict(list)
    topics = set()
    for _, topic, kind, identifier, version, published in happened:
        assert published
        versions[kind, identifier].append(version)
        topics.add(topic)
    for aggregate, found in versions.items():
        assert found == list(range(1, len(found) + 1)), aggregate
    published_ids: set[str] = set()
    for topic in topics:
        newest: dict[str, int] = {}
        for record in running.topics.records(topic):
            envelope = msgspec.json.decode(record.value)
            if envelope["id"] in published_ids:
                continue
            published_ids.add(envelope["id"])
            assert envelope["aggregateversion"] == newest.get(envelope["subject"], 0) + 1, (topic, envelope["subject"])
            newest[envelope["subject"]] = envelope["aggregateversion"]
    assert {str(event) for event, *_ in happened} <= published_ids
    # Carriers may have recorded further events meanwhile.
    assert published_ids <= {str(event) for event, *_ in running.rows(service, _HAPPENED)}
