"""Consumers: one transaction per polled batch, and only then the offsets.

Failures are handled by kind:

- the database is unreachable: nothing is committed and the batch is read again, without limit; after a deadlock or
  a lock time-out three times, then one row is the cause, and the batch is bisected;
- a record cannot be decoded: it is sent to the dead-letter topic, acknowledged, and then its offset is committed;
- a handler fails otherwise: the batch is bisected down to the failing event. It is tried three times, with growing,
  jittered pauses of its partition; then it is quarantined, and everything else continues;
- too many records of a partition fail in these two ways: the handlers are wrong. The partition is blocked, which makes
  readiness fail, and is tried again. All other partitions continue.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from typing import Any

import structlog
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from opentelemetry.trace import Span, SpanKind

from chassis import metrics, tracing
from chassis.broker import Broker
from chassis.database import Database, Patience, Tx, is_contention, is_transient
from chassis.events import dead_letters, quarantine
from chassis.events import kafka as clients
from chassis.events.batch import Blocked, PolledBatch
from chassis.events.envelope import Decoder, Message, UndecodableError
from chassis.events.projections import SupersededError
from chassis.events.quarantine import FailureLimit, QuarantinedEvent, TooManyFailuresError
from chassis.events.routing import Routing, topics_of
from chassis.events.topics import Catalogue
from chassis.quarantine import isolate

RETRY_SECONDS = 30.0
TRIES = 3
"""How often an event is tried before it is quarantined."""

REPLAY_SECONDS = 0.5
"""The pause between two rounds of replays, and how long a round may last: polling goes on however many events fail."""

EMPTY_SECONDS = 5.0
"""After so long a consumer whose group has nothing in quarantine looks for what its other members have put there."""

log = structlog.get_logger()

Filter = Callable[[Tx, Sequence[Message[Any]]], Sequence[Message[Any]]]
"""Selects, in a batch's transaction, the messages that the handlers receive."""

Arrival = Callable[[Tx, str, Sequence[Message[Any]]], Sequence[Message[Any]]]
"""What the quarantine of a group does with arriving messages, first in their transaction; returns those to process."""


class Consumer:
    """One member of a service's consumer group: reads the topics of its routing and runs the handlers."""

    def __init__(
        self,
        *,
        service: str,
        group: str,
        instance: str,
        database: Database,
        broker: Broker,
        catalogue: Catalogue,
        routing: Routing,
        filter_messages: Filter,
        arriving: Arrival,
        limit: FailureLimit,
        stop: threading.Event,
        polled: Callable[[KafkaConsumer], None] = lambda _: None,
    ) -> None:
        """`filter_messages` also selects a quarantined message when it is replayed; `arriving` does not see it then.
        `polled` is called after every batch, when its offsets are committed."""
        self._service = service
        self._group = group
        self._instance = instance
        self._database = database
        self._broker = broker
        self._catalogue = catalogue
        self._routing = routing
        self._filter = filter_messages
        self._arriving = arriving
        self._limit = limit
        self._stop = stop
        self._polled = polled
        self._decoder = Decoder(routing)
        self._topics = [catalogue.physical(topic) for topic in topics_of(routing)]
        self._producer: KafkaProducer | None = None
        self._measured: set[TopicPartition] = set()
        self._replay_due = 0.0
        self._patience = Patience()
        self.blocked: dict[TopicPartition, Blocked] = {}
        for metric in metrics.BY_GROUP:
            metric.labels(group)

    def problem(self) -> str | None:
        """Why this consumer is not ready: the partitions with too many failing records."""
        stuck = [
            f"{tp.topic}[{tp.partition}]@{each.offset} after {each.attempts} attempts: {each.error}"
            for tp, each in list(self.blocked.items())  # read by another thread
            if each.lasting
        ]
        return "; ".join(stuck) or None

    def run(self) -> None:
        """Consume until stopped. Raises KafkaError when the client must be replaced."""
        consumer = clients.consumer(self._broker, self._group, self._instance, self._topics)
        try:
            while not self._stop.is_set():
                self._resume_due(consumer)
                batch = consumer.poll(timeout_ms=clients.POLL_MS)
                if batch:
                    self._process(consumer, batch)
                self._replay(consumer)
                self._measure(clients.lags(consumer))
                self._polled(consumer)
        finally:
            self.blocked.clear()
            self._measure({})
            if self._producer is not None:
                clients.abandon(self._producer)
                self._producer = None
            consumer.close(autocommit=False, timeout_ms=2_000)

    def _process(self, consumer: KafkaConsumer, polled: dict[TopicPartition, list[Any]]) -> None:
        batch = PolledBatch(polled)
        self._decode(batch)
        try:
            self._apply(batch)
            self._count_dead(batch)
        except Exception as error:
            if not is_transient(error):
                raise
            self._wait_for_database(error)
            for tp, offset in batch.starts().items():
                consumer.seek(tp, offset)
            return
        if not batch.failed:
            self._patience.renew()
        self._send_to_dlq(batch.dead())
        self._commit(consumer, batch.following())
        self._settle(consumer, batch)
        metrics.CONSUMED.labels(self._group).inc(len(batch.messages))

    def _decode(self, batch: PolledBatch) -> None:
        for tp, records in batch.polled.items():
            for record in records:
                try:
                    message = self._decoder.decode(record.value or b"", tp.topic, tp.partition, record.offset)
                except UndecodableError as error:
                    batch.poison[tp, record.offset] = f"undecodable: {error}"
                else:
                    if message is not None:
                        batch.messages.append(message)

    def _apply(self, batch: PolledBatch) -> None:
        """Run the handlers in one transaction; bisect down to the failing messages. Raises errors that concern all."""

        def attempt(part: Sequence[Message[Any]]) -> None:
            # Behind a failing message of its partition nothing is processed: it waits for that one.
            messages = [each for each in part if _partition(each) not in batch.failed]
            if messages:
                self._attempt(messages)

        for message, error in isolate(batch.messages, attempt, concerns_all=self._concerns_all):
            self._fail(batch, message, error)

    def _concerns_all(self, error: Exception) -> bool:
        return isinstance(error, SupersededError) or self._patience.expects_success(error)

    def _attempt(self, messages: Sequence[Message[Any]]) -> None:
        with self._traced(messages), self._database.begin(messages[0].caused()) as tx:
            if self._patience.is_over:
                tx.execute(Patience.SHORT_LOCK_TIMEOUT)
            arrived = self._arriving(tx, self._group, messages)
            dispatch(tx, self._filter(tx, arrived), self._routing)

    def _traced(self, messages: Sequence[Message[Any]]) -> AbstractContextManager[Span]:
        """A span around a transaction, linked to what caused each message."""
        return tracing.span(
            f"process {self._group}",
            SpanKind.CONSUMER,
            links=(each.cause.traceparent for each in messages),
            attributes={
                "messaging.system": "kafka",
                "messaging.operation.type": "process",
                "messaging.consumer.group.name": self._group,
                "messaging.batch.message_count": len(messages),
            },
        )

    def _fail(self, batch: PolledBatch, message: Message[Any], error: Exception) -> None:
        """Try a failing message again, or quarantine it. Raises transient errors."""
        tp = _partition(message)
        blocked = self.blocked.get(tp)
        tries = blocked.attempts + 1 if blocked is not None and blocked.offset == message.offset else 1
        log.error("handler failed", group=self._group, topic=self._catalogue.logical(tp.topic), partition=tp.partition,
                  offset=message.offset, event_id=str(message.id), tries=tries, exc_info=error)  # fmt: skip
        if tries < TRIES:
            batch.failed[tp] = (message.offset, error)
            return
        with self._database.begin() as tx:
            counted = quarantine.count_failure(tx, self._group, message, self._limit)
            if counted:
                quarantine.open_key(tx, self._group, message, error, tries)
        if counted:
            self._replay_due = 0.0
        else:
            batch.failed[tp] = (message.offset, self._too_many(error))

    def _count_dead(self, batch: PolledBatch) -> None:
        """Count the dead letters, and block a partition that has too many."""
        for record, reason in batch.dead():
            tp = TopicPartition(record.topic, record.partition)
            if tp in batch.failed and batch.failed[tp][0] < record.offset:
                continue
            with self._database.begin() as tx:
                counted = quarantine.count_failure(tx, self._group, record, self._limit)
            if not counted:
                batch.failed[tp] = (record.offset, self._too_many(reason))

    def _too_many(self, last: Exception | str) -> TooManyFailuresError:
        limit = self._limit
        return TooManyFailuresError(f"over {limit.failures} of the last {limit.window} records fail, the last: {last}")

    def _replay(self, consumer: KafkaConsumer) -> None:
        """Try quarantined events of the assigned partitions that are due, each in a transaction of its own."""
        if time.monotonic() < self._replay_due:
            return
        end = time.monotonic() + REPLAY_SECONDS
        partitions = [(tp.topic, tp.partition) for tp in consumer.assignment()]
        try:
            with self._database.read() as read:
                held = quarantine.count_events(read, self._group)
            metrics.QUARANTINED_EVENTS.labels(self._group).set(held)
            while held and not self._stop.is_set():
                with self._database.read() as read:
                    event = quarantine.find_due(read, self._group, partitions)
                if event is None or not self._replay_one(event) or time.monotonic() > end:
                    break
        except Exception as error:
            if not is_transient(error):
                raise
            self._wait_for_database(error)
            return
        self._replay_due = time.monotonic() + (REPLAY_SECONDS if held else EMPTY_SECONDS)

    def _replay_one(self, event: QuarantinedEvent) -> bool:
        """Process one quarantined event; returns False where another worker does. Raises transient errors."""
        try:
            message = self._decoder.decode(event.payload, event.topic, event.partition, event.offset)
            messages = [] if message is None else [message]
            with self._traced(messages), self._database.begin(message.caused() if message else None) as tx:
                if not quarantine.take(tx, event):
                    return False
                dispatch(tx, self._filter(tx, messages), self._routing)
        except Exception as error:
            if isinstance(error, SupersededError) or (is_transient(error) and not is_contention(error)):
                raise
            log.error("replay failed", group=self._group, topic=event.topic, offset=event.offset,
                      event_id=str(event.event_id), tries=event.tries + 1, exc_info=error)  # fmt: skip
            with self._database.begin() as tx:
                quarantine.postpone(tx, event, error)
        else:
            log.info("event left the quarantine", group=self._group, event_id=str(event.event_id))
        return True

    def _wait_for_database(self, error: Exception) -> None:
        log.warning("consumer is waiting for the database", group=self._group, error=str(error))
        self._stop.wait(random.uniform(0.2, 1.0))

    def _send_to_dlq(self, dead: Sequence[tuple[Any, str]]) -> None:
        """Send records to their dead-letter topics and wait for the acknowledgements: only then may the offsets be
        committed."""
        if not dead:
            return
        if self._producer is None:
            self._producer = clients.producer(
                self._broker, f"{self._group}.dead-letters", largest=dead_letters.LARGEST_UNPACKED
            )
        futures = []
        for record, reason in dead:
            topic = self._catalogue.logical(record.topic)
            log.error("dead letter", group=self._group, topic=topic, partition=record.partition, offset=record.offset,
                      reason=reason)  # fmt: skip
            futures.append(
                self._producer.send(
                    self._catalogue.dead_letter(topic, self._service),
                    record.value if record.key is not None else record.value or b"",
                    record.key,
                    dead_letters.headers_of(topic, record, reason),
                )
            )
        for future in futures:
            future.get(timeout=15)
        metrics.DEAD_LETTERS.labels(self._group).inc(len(dead))

    def _commit(self, consumer: KafkaConsumer, following: dict[TopicPartition, int]) -> None:
        try:
            consumer.commit({tp: OffsetAndMetadata(offset, "", -1) for tp, offset in following.items()}, 5_000)
        except (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError) as error:
            # The partitions belong to another member now, whose inbox skips these events.
            log.info("offsets not committed", group=self._group, error=str(error))

    def _settle(self, consumer: KafkaConsumer, batch: PolledBatch) -> None:
        """Block the partitions that failed at their failing offsets, and clear the blocks of the others."""
        for tp in batch.polled:
            if tp not in batch.failed:
                self.blocked.pop(tp, None)
                continue
            offset, error = batch.failed[tp]
            before = self.blocked.get(tp)
            attempts = before.attempts + 1 if before is not None and before.offset == offset else 1
            pause = min(RETRY_SECONDS, 0.25 * 2**attempts) * random.uniform(0.5, 1.0)
            lasting = isinstance(error, TooManyFailuresError)
            reason = str(error) if lasting else f"{type(error).__name__}: {error}"
            self.blocked[tp] = Blocked(offset, attempts, time.monotonic() + pause, reason, lasting)
            if tp in consumer.assignment():
                consumer.seek(tp, offset)
                consumer.pause(tp)
        metrics.BLOCKED.labels(self._group).set(sum(each.lasting for each in self.blocked.values()))

    def _measure(self, lags: dict[TopicPartition, int]) -> None:
        """Set the gauge of each partition, and remove those of partitions that this process no longer reads."""
        for tp in self._measured - lags.keys():
            metrics.CONSUMER_LAG.remove(*self._labels(tp))
        for tp, lag in lags.items():
            metrics.CONSUMER_LAG.labels(*self._labels(tp)).set(lag)
        self._measured = set(lags)

    def _labels(self, tp: TopicPartition) -> tuple[str, str, str]:
        return self._group, self._catalogue.logical(tp.topic), str(tp.partition)

    def _resume_due(self, consumer: KafkaConsumer) -> None:
        if not self.blocked:
            return
        assigned = consumer.assignment()
        for tp, block in list(self.blocked.items()):
            if tp not in assigned:
                del self.blocked[tp]
            elif block.due <= time.monotonic():
                consumer.resume(tp)


def dispatch(tx: Tx, messages: Sequence[Message[Any]], routing: Routing) -> None:
    """Call the handler of each run of messages that it is registered for, in the order of receipt."""
    for handler, run in groupby(messages, key=lambda message: routing[type(message.event)]):
        handler(tx, list(run))


def _partition(message: Message[Any]) -> TopicPartition:
    return TopicPartition(message.topic, message.partition)
