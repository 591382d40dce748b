"""The relay: carries committed events from the outbox to Kafka, each aggregate's in their order.

Every bucket of keys has one owner, which publishes what is unpublished by position and marks what the broker has
acknowledged. Unpublished rows are asked for as such: a cursor (`position > last`) would skip what commits late
(7,036 of 22,039 in a measurement), SKIP LOCKED with several relays swaps neighbours.
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

from chassis import clock, metrics
from chassis.buckets import COUNT, Ownership
from chassis.database import Database, is_transient
from chassis.events import envelope
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue

BATCH = 4_000
"""How many events are taken at once, if they are spread over all buckets; of one bucket a sixteenth."""
PER_BUCKET = BATCH // COUNT
CLAIM_SECONDS = 1.0
BACKOFF_SECONDS = 5.0
SEND_SECONDS = 8.0
TOPIC_WAIT_MS = 500
MISSING_SECONDS = 3.0
"""How long a topic that was not found is not asked for again: all buckets wait while it is."""
_CONTENT_TYPE = ("content-type", envelope.CONTENT_TYPE.encode())

# Bucket by bucket in the index of what is unpublished. Asked for all of them in order of position, the planner may walk
# through everything that was ever published instead (94 ms a look behind 33,000 events, and more every day).
_UNPUBLISHED = sa.text(
    "SELECT found.* FROM unnest(CAST(:buckets AS smallint[])) AS wanted(bucket)"
    " CROSS JOIN LATERAL (SELECT position, bucket, topic, key, payload FROM outbox"
    " WHERE outbox.bucket = wanted.bucket AND published_at IS NULL ORDER BY position LIMIT :each) AS found"
    " ORDER BY found.position"
)
_MARK = sa.text("UPDATE outbox SET published_at = :now WHERE position = ANY(CAST(:positions AS bigint[]))")

log = structlog.get_logger()


class Relay:
    """The relay of one service in one process. Any number may run; PostgreSQL divides the buckets among them."""

    def __init__(
        self,
        database: Database,
        bootstrap: str,
        catalogue: Catalogue,
        *,
        stop: threading.Event,
        waiter: threading.Event,
        poll_seconds: float = 0.2,
    ) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._catalogue = catalogue
        self._stop = stop
        self._waiter = waiter
        self._poll_seconds = poll_seconds
        self._producer: KafkaProducer | None = None
        self._backoff: dict[int, tuple[float, int]] = {}
        self._missing: dict[str, float] = {}

    def run(self) -> None:
        """Relay until stopped. Raises what is not a passing fault of the broker or the database."""
        with Ownership(self._database.conninfo, "relay") as ownership:
            owned: Sequence[int] = ()
            claimed_at = float("-inf")
            while True:
                self._waiter.clear()
                if self._stop.is_set():
                    break
                try:
                    if time.monotonic() - claimed_at >= CLAIM_SECONDS:
                        owned = ownership.claim()
                        claimed_at = time.monotonic()
                    published = self.publish(owned)
                except (sa.exc.SQLAlchemyError, psycopg.Error) as error:
                    if not is_transient(error):
                        raise
                    log.warning("relay waits for the database", error=str(error))
                    ownership.release()
                    claimed_at = float("-inf")
                    self._stop.wait(1.0)
                    continue
                if published < PER_BUCKET:
                    self._waiter.wait(self._poll_seconds)
        self._abandon_producer()

    def publish(self, buckets: Iterable[int]) -> int:
        """Publish one batch of these buckets and mark what the broker has; returns how many that were.

        A bucket that failed is tried with its first event alone, apart from those that flow, until that succeeds.
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
        sent, failed = self._send(rows)
        if sent:
            with self._database.begin() as tx:
                tx.execute(_MARK, {"now": clock.now(), "positions": sent})
            metrics.RELAYED.inc(len(sent))
        self._note(failed, {row.bucket for row in rows} - failed)
        return len(sent)

    def _send(self, rows: Sequence[Any]) -> tuple[list[int], set[int]]:
        """Send all rows; the positions of each bucket's clean prefix, and the buckets in which one failed."""
        futures = self._hand_over(rows)
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
                reason = str(future.exception) if future is not None else "not handed over"
                log.warning("event not published", topic=row.topic, position=row.position, reason=reason)
        if any(not future.succeeded() for future in futures.values()):
            self._abandon_producer()
        return sent, failed

    def _hand_over(self, rows: Sequence[Any]) -> dict[int, Any]:
        """Give rows to the producer and wait until each is acknowledged or given up; their futures by position.

        The first one that is given up ends the producer: it would go on with what stands behind that one. What
        stands behind an event whose topic is not found is left alone, too.
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
                    log.warning("event not handed over", topic=topic, position=position, error=str(error))
                    skipped.add(bucket)
                    if isinstance(error, KafkaTimeoutError):
                        self._missing[topic] = time.monotonic() + MISSING_SECONDS
                else:
                    future.add_errback(give_up)
                    futures[position] = future
            producer.flush(timeout=SEND_SECONDS)
        except KafkaError as error:
            log.warning("relay waits for the broker", error=str(error))
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
            self._producer = clients.producer(self._bootstrap, "relay", topic_wait_ms=TOPIC_WAIT_MS)
        return self._producer

    def _abandon_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            clients.abandon(producer)
