"""Every metric of the system, defined once. Prometheus conventions; `group` is a consumer group."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

RELAYED = Counter("anning_relayed_events", "Events published by the relay and acknowledged by the broker")
CONSUMED = Counter("anning_consumed_events", "Events consumed and committed", ["group"])
DEAD_LETTERS = Counter("anning_dead_letters", "Records sent to a dead-letter topic", ["group"])
BLOCKED = Gauge("anning_blocked_partitions", "Partitions blocked because too many of their records fail", ["group"])
QUARANTINED_EVENTS = Gauge(
    "anning_quarantined_events", "Events in quarantine, those that wait for an earlier event included", ["group"]
)
CONSUMER_LAG = Gauge(
    "anning_consumer_lag_records",
    "Records between the position of a group and the end of an assigned partition, as of the last fetch",
    ["group", "topic", "partition"],
)
UNREADABLE_ROWS = Counter(
    "anning_unreadable_rows", "Rows that cannot be read: left out of lists, or needed by a request"
)
PROJECTION_APPLIED = Gauge(
    "anning_projection_applied_records",
    "Records that the group of a projection has applied, of those that its topics had at the start of the worker",
    ["projection"],
)
PROJECTION_TOTAL = Gauge(
    "anning_projection_total_records",
    "Records that the topics of a projection had at the start of the worker; it is ready when all are applied",
    ["projection"],
)
SWEPT = Counter("anning_swept_items", "Items processed by sweeps", ["sweep"])
QUARANTINED_ITEMS = Gauge(
    "anning_quarantined_items", "Items that failed alone and wait to be tried again, in all workers", ["sweep"]
)
FAILED_LINES = Counter("anning_failed_import_lines", "Lines of imports rejected because of a fault", ["kind"])
HELD_SOURCES = Gauge(
    "anning_held_sources", "Sources of records that are held: a person must release them, in all workers"
)
OUTBOX_AGE = Gauge("anning_outbox_oldest_seconds", "Age of the oldest unpublished event in the outbox")
AUDIT_UNSEALED_AGE = Gauge(
    "anning_audit_oldest_unsealed_seconds", "Age of the oldest entry of the audit log without a seal"
)
HTTP_SECONDS = Histogram(
    "anning_http_request_seconds",
    "Time from the arrival of a request to the end of its response; `route` is the path template",
    ["method", "route", "status"],
)

BY_GROUP = (CONSUMED, DEAD_LETTERS, BLOCKED, QUARANTINED_EVENTS)
"""The metrics of a consumer group; each starts at 0, so that its first increase is seen."""
