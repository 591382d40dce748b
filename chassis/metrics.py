"""Every metric of the system, defined once. Prometheus conventions; `group` is a consumer group."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

RELAYED = Counter("anning_relayed_events", "Events published by the relay and acknowledged by the broker")
CONSUMED = Counter("anning_consumed_events", "Events consumed and committed", ["group"])
DEAD_LETTERS = Counter("anning_dead_letters", "Records sent to a dead-letter topic", ["group"])
BLOCKED = Gauge("anning_blocked_partitions", "Partitions blocked because too many of their records fail", ["group"])
QUARANTINED = Gauge(
    "anning_quarantined_events", "Events in quarantine, those that wait for an earlier event included", ["group"]
)
CONSUMER_LAG = Gauge(
    "anning_consumer_lag_records",
    "Records between the position of a group and the end of an assigned partition, as of the last fetch",
    ["group", "topic", "partition"],
)
BY_GROUP = (CONSUMED, DEAD_LETTERS, BLOCKED, QUARANTINED)
"""The metrics of a consumer group; each starts at 0, so that its first increase is seen."""
SWEPT = Counter("anning_swept_items", "Items processed by sweeps", ["sweep"])
OUTBOX_AGE = Gauge("anning_outbox_oldest_seconds", "Age of the oldest unpublished event in the outbox")
HTTP_SECONDS = Histogram(
    "anning_http_request_seconds",
    "Time from the arrival of a request to the end of its response; `route` is the path template",
    ["method", "route", "status"],
)
