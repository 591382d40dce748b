"""The relay: publishes committed events from the outbox to Kafka, in order per aggregate.

Every bucket of keys has one owner; the relays of several workers divide the buckets evenly. The owner publishes
unpublished rows by position and marks those that the broker has acknowledged. The query selects rows that are not
marked: a cursor (`position > last`) would skip rows of transactions that commit late (7,036 of 22,039 measured), and
SKIP LOCKED with several relays swaps neighbours.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import psycopg
import sqlalchemy as sa
import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError
from opentelemetry.trace import SpanKind

from chassis import clock, metrics, tracing
from chassis.broker import Broker
from chassis.buckets import COUNT, Ownership
from chassis.database import Database, is_transient
from chassis.events import envelope
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue

BATCH = 4_000
"""The maximum of events in one batch, spread over all buckets; a sixteenth of it for each bucket."""
PER_BUCKET = BATCH // COUNT
CLAIM_SECONDS = 1.0
BACKOFF_SECONDS = 5.0
SEND_SECONDS = 8.0
TOPIC_WAIT_MS = 500
MISSING_SECONDS = 3.0
"""The pause before a missing topic is requested again: a request delays all buckets."""
_CONTENT_TYPE = ("content-type", envelope.CONTENT_TYPE.encode())

# One index scan of unpublished rows per bucket. For all buckets in order of position, the planner may scan every row
# that was ever published (94 ms per poll after 33,000 events, and growing).
_UNPUBLISHED = sa.text(
    "SELECT found.* FROM unnest(CAST(:buckets AS smallint[])) AS wanted(bucket)"
    " CROSS JOIN LATERAL (SELECT position, bucket, topic, key, payload FROM outbox"
    " WHERE outbox.bucket = wanted.bucket AND published_at IS NULL ORDER BY position LIMIT :each) AS found"
    " ORDER BY found.position"
)
_MARK = sa.text("UPDATE outbox SET published_at = :now WHERE position = ANY(CAST(:positions AS bigint[]))")

log = structlog.get_logger()


class Relay:
    """The relay of one service in one process. Any number can run: each has its share of the buckets."""

    def __init__(
        self,
        database: Database,
        broker: Broker,
        catalogue: Catalogue,
        *,
        stop: threading.Event,
        waiter: threading.Event,
        poll_seconds: float = 0.2,
    ) -> None:
        self._database = database
        self._broker = broker
        self._catalogue = catalogue
        self._stop = stop
        self._waiter = waiter
        self._poll_seconds = poll_seconds
        self._producer: KafkaProducer | None = None
        self._backoff: dict[int, tuple[float, int]] = {}
        self._missing: dict[str, float] = {}

    def run(self) -> None:
        """Relay until stopped. Raises every error of broker or database that is not transient."""
        with Ownership(self._database.conninfo, "relay") as ownership:
            try:
                self._relay(ownership)
            finally:
                # Before the buckets are released: nothing more is sent beside their next owner.
                self._abandon_producer()

    def _relay(self, ownership: Ownership) -> None:
        owned: Sequence[int] = ()
        claimed_at = float("-inf")
        while True:
            self._waiter.clear()
            if self._stop.is_set():
                break
            try:
                if time.monotonic() - claimed_at >= CLAIM_SECONDS:
                    # Records of a bucket that failed can still arrive, until a later try of it has succeeded.
                    owned = ownership.claim(busy=self._backoff)
                    claimed_at = time.monotonic()
                published = self.publish(owned)
            except (sa.exc.SQLAlchemyError, psycopg.Error) as error:
                if not is_transient(error):
                    raise
                log.warning("relay is waiting for the database", error=str(error))
                ownership.release()
                claimed_at = float("-inf")
                self._stop.wait(1.0)
                continue
            if published < PER_BUCKET:
                self._waiter.wait(self._poll_seconds)

    def publish(self, buckets: Iterable[int]) -> int:
        """Publish one batch of these buckets and mark the acknowledged events; returns their count.

        A bucket that failed is retried with its first event alone, apart from the others, until that one succeeds.
        """
        flowing, due = [], []
        for bucket in buckets:
            if bucket not in self._backoff:
                flowing.append(bucket)
            elif self._backoff[bucket][0] <= time.monotonic():
                due.append(bucket)
        published = self._carry(self._unpublished(flowing, PER_BUCKET))
        if due:
            published += self._carry(self._unpublished(due, 1))
        return published

    def _unpublished(self, buckets: Sequence[int], each: int) -> Sequence[Any]:
        """The first unpublished events of each of these buckets, in their order."""
        if not buckets:
            return ()
        with self._database.read() as read:
            return read.execute(_UNPUBLISHED, {"buckets": list(buckets), "each": each}).all()

    def _carry(self, rows: Sequence[Any]) -> int:
        if not rows:
            return 0
        with tracing.span(
            "send",
            SpanKind.PRODUCER,
            links=map(_traceparent, rows),
            attributes={
                "messaging.system": "kafka",
                "messaging.operation.type": "send",
                "messaging.batch.message_count": len(rows),
            },
        ) as span:
            sent, failed = self._send(rows)
            if failed:
                tracing.fail(span, "not-acknowledged")
        if sent:
            with self._database.begin() as tx:
                tx.execute(_MARK, {"now": clock.now(), "positions": sent})
            metrics.RELAYED.inc(len(sent))
        self._note(failed, {row.bucket for row in rows} - failed)
        return len(sent)

    def _send(self, rows: Sequence[Any]) -> tuple[list[int], set[int]]:
        """Send all rows; returns the positions of each bucket's acknowledged prefix, and the buckets with a failure."""
        futures = self._produce(rows)
        if len(futures) == len(rows) and all(future.succeeded() for future in futures.values()):
            return list(futures), set()
        failed: set[int] = set()
        sent: list[int] = []
        for row in rows:
            if row.bucket in failed:
                continue
            future = futures.get(row.position)
            if future is not None and future.succeeded():
                sent.append(row.position)
            else:
                failed.add(row.bucket)
                reason = str(future.exception) if future is not None else "not sent"
                log.warning("event not published", topic=row.topic, position=row.position, reason=reason)
        if any(not future.succeeded() for future in futures.values()):
            self._abandon_producer()
        return sent, failed

    def _produce(self, rows: Sequence[Any]) -> dict[int, Any]:
        """Pass rows to the producer and wait until each is acknowledged or failed; returns their futures by position.

        The first failure stops the producer: it would continue with later events of the same key. Events behind one
        whose topic is missing are skipped, too.
        """
        futures: dict[int, Any] = {}
        skipped: set[int] = set()
        try:
            producer = self._connected()
            give_up = partial(clients.abandon, producer)
            for position, bucket, topic, key, payload in rows:
                if bucket in skipped:
                    continue
                if self._missing and self._missing.get(topic, 0.0) > time.monotonic():
                    skipped.add(bucket)
                    continue
                try:
                    future = producer.send(self._catalogue.physical(topic), payload, key.encode(), [_CONTENT_TYPE])
                except KafkaError as error:
                    log.warning("event not sent", topic=topic, position=position, error=str(error))
                    skipped.add(bucket)
                    if isinstance(error, KafkaTimeoutError):
                        self._missing[topic] = time.monotonic() + MISSING_SECONDS
                else:
                    future.add_errback(give_up)
                    futures[position] = future
            producer.flush(timeout=SEND_SECONDS)
        except KafkaError as error:
            log.warning("relay is waiting for the broker", error=str(error))
        return futures

    def _note(self, failed: set[int], succeeded: set[int]) -> None:
        for bucket in succeeded:
            self._backoff.pop(bucket, None)
        for bucket in failed:
            attempts = self._backoff.get(bucket, (0.0, 0))[1] + 1
            delay = min(BACKOFF_SECONDS, 0.2 * 2**attempts) * random.uniform(0.5, 1.0)
            self._backoff[bucket] = (time.monotonic() + delay, attempts)

    def _connected(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = clients.producer(self._broker, "relay", topic_wait_ms=TOPIC_WAIT_MS)
        return self._producer

    def _abandon_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            clients.abandon(producer)


def _traceparent(row: Any) -> str | None:
    return envelope.traceparent(row.payload)
