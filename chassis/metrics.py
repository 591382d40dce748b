"""Every metric of the system, named once with its meaning. Prometheus conventions; `group` is a consumer group."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

RELAYED = Counter("anning_relayed_events", "Events that the broker acknowledged to the relay")
CONSUMED = Counter("anning_consumed_events", "Events taken from a topic and committed", ["group"])
DEAD_LETTERS = Counter("anning_dead_letters", "Records put aside as dead letters", ["group"])
BLOCKED = Gauge("anning_blocked_partitions", "Partitions that stand at an event whose handler fails", ["group"])
SWEPT = Counter("anning_swept_items", "Items of due work done", ["sweep"])
OUTBOX_AGE = Gauge("anning_outbox_oldest_seconds", "Age of the oldest event that has not left the outbox")
HTTP_SECONDS = Histogram(
    "anning_http_request_seconds",
    "From a request's arrival to the end of its answer; `route` is the path with its parameters named",
    ["method", "route", "status"],
)
