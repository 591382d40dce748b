"""Every metric of the system, defined once. Prometheus conventions; `group` is a consumer group."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

RELAYED = Counter("anning_relayed_events", "Events published by the relay and acknowledged by the broker")
CONSUMED = Counter("anning_consumed_events", "Events consumed and committed", ["group"])
DEAD_LETTERS = Counter("anning_dead_letters", "Records sent to a dead-letter topic", ["group"])
BLOCKED = Gauge("anning_blocked_partitions", "Partitions blocked at an event whose handler fails", ["group"])
CONSUMER_LAG = Gauge(
    "anning_consumer_lag_records",
    "Records between the position of a group and the end of an assigned partition, as of the last fetch",
    ["group", "topic", "partition"],
)
SWEPT = Counter("anning_swept_items", "Items processed by sweeps", ["sweep"])
QUARANTINED = Gauge(
    "anning_quarantined_items", "Items that failed alone and wait to be tried again, in all workers", ["sweep"]
)
FAILED_LINES = Counter("anning_failed_import_lines", "Lines of imports rejected because of a fault", ["kind"])
OUTBOX_AGE = Gauge("anning_outbox_oldest_seconds", "Age of the oldest unpublished event in the outbox")
HTTP_SECONDS = Histogram(
    "anning_http_request_seconds",
    "Time from the arrival of a request to the end of its response; `route` is the path template",
    ["method", "route", "status"],
)
