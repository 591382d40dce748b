"""Consumers: one transaction per polled batch, and only then the offsets.

Failures are handled by kind:

- the database is unreachable, or a deadlock: nothing is committed and the batch is read again, without limit;
- a record is poison: it is sent to the dead-letter topic, acknowledged, and then its offset is committed;
- a handler fails otherwise: the batch is bisected down to the failing event. Its partition is blocked there, retried
  with growing, jittered pauses, and makes readiness fail. All other partitions continue.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
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
from chassis.database import Database, Tx, is_transient
from chassis.events import dead_letters
from chassis.events import kafka as clients
from chassis.events.dead_letters import PoisonEvent
from chassis.events.envelope import Decoder, Message, UndecodableError
from chassis.events.projections import SupersededError
from chassis.events.routing import Routing, topics_of
from chassis.events.topics import Catalogue

RETRY_SECONDS = 30.0
UNREADY_ATTEMPTS = 3

log = structlog.get_logger()

Filter = Callable[[Tx, Sequence[Message[Any]]], Sequence[Message[Any]]]
"""Selects, first in a batch's transaction, the messages that the handlers receive."""


@dataclass
class Blocked:
    """A partition that is blocked at an event whose handler fails."""

    offset: int
    attempts: int
    due: float
    error: str


@dataclass
class _Batch:
    """The records of one poll, and their outcome."""

    polled: dict[TopicPartition, list[Any]]
    messages: list[Message[Any]] = field(default_factory=list)
    poison: dict[tuple[TopicPartition, int], str] = field(default_factory=dict)
    failed: dict[TopicPartition, tuple[int, Exception]] = field(default_factory=dict)

    def starts(self) -> dict[TopicPartition, int]:
        """The first offset of each partition of this batch."""
        return {tp: records[0].offset for tp, records in self.polled.items()}

    def following(self) -> dict[TopicPartition, int]:
        """The offset from which each partition is read next."""
        ends = {tp: records[-1].offset + 1 for tp, records in self.polled.items()}
        return ends | {tp: offset for tp, (offset, _) in self.failed.items()}

    def dead(self) -> list[tuple[Any, str]]:
        """The poison records before the offset at which their partition is blocked, with the reasons."""
        following = self.following()
        return [
            (record, self.poison[tp, record.offset])
            for tp, records in self.polled.items()
            for record in records
            if record.offset < following[tp] and (tp, record.offset) in self.poison
        ]


class Consumer:
    """One member of a service's consumer group: reads the topics of its routing and runs the handlers."""

    def __init__(
        self,
        *,
        service: str,
        group: str,
        instance: str,
        database: Database,
        bootstrap: str,
        catalogue: Catalogue,
        routing: Routing,
        filter_messages: Filter,
        stop: threading.Event,
        polled: Callable[[KafkaConsumer], None] = lambda _: None,
    ) -> None:
        """`polled` is called after every batch, when its offsets are committed."""
        self._service = service
        self._group = group
        self._instance = instance
        self._database = database
        self._bootstrap = bootstrap
        self._catalogue = catalogue
        self._routing = routing
        self._filter = filter_messages
        self._stop = stop
        self._polled = polled
        self._decoder = Decoder(routing)
        self._topics = [catalogue.physical(topic) for topic in topics_of(routing)]
        self._producer: KafkaProducer | None = None
        self._measured: set[TopicPartition] = set()
        self.blocked: dict[TopicPartition, Blocked] = {}

    def problem(self) -> str | None:
        """Why this consumer is not ready: the partitions that have been blocked for several attempts."""
        stuck = [
            f"{tp.topic}[{tp.partition}]@{each.offset} after {each.attempts} attempts: {each.error}"
            for tp, each in list(self.blocked.items())  # read by another thread
            if each.attempts >= UNREADY_ATTEMPTS
        ]
        return "; ".join(stuck) or None

    def run(self) -> None:
        """Consume until stopped. Raises KafkaError when the client must be replaced."""
        consumer = clients.consumer(self._bootstrap, self._group, self._instance, self._topics)
        try:
            while not self._stop.is_set():
                self._resume_due(consumer)
                batch = consumer.poll(timeout_ms=clients.POLL_MS)
                if batch:
                    self._process(consumer, batch)
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
        batch = _Batch(polled)
        self._decode(batch)
        try:
            self._apply(batch, batch.messages)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("consumer is waiting for the database", group=self._group, error=str(error))
            for tp, offset in batch.starts().items():
                consumer.seek(tp, offset)
            self._stop.wait(random.uniform(0.2, 1.0))
            return
        self._send_to_dlq(batch.dead())
        self._commit(consumer, batch.following())
        self._settle(consumer, batch)
        metrics.CONSUMED.labels(self._group).inc(len(batch.messages))

    def _decode(self, batch: _Batch) -> None:
        for tp, records in batch.polled.items():
            for record in records:
                try:
                    message = self._decoder.decode(record.value or b"", tp.topic, tp.partition, record.offset)
                except UndecodableError as error:
                    batch.poison[tp, record.offset] = f"undecodable: {error}"
                else:
                    if message is not None:
                        batch.messages.append(message)

    def _apply(self, batch: _Batch, messages: Sequence[Message[Any]]) -> None:
        """Run the handlers in one transaction; bisect down to the failing message. Raises transient errors."""
        messages = [each for each in messages if _partition(each) not in batch.failed]
        if not messages:
            return
        error = self._attempt(messages)
        if error is None:
            return
        if is_transient(error) or isinstance(error, SupersededError):
            raise error
        if len(messages) > 1:
            middle = len(messages) // 2
            self._apply(batch, messages[:middle])
            self._apply(batch, messages[middle:])
        elif isinstance(error, PoisonEvent):
            batch.poison[_partition(messages[0]), messages[0].offset] = f"poison: {error}"
        else:
            self._fail(batch, messages[0], error)

    def _attempt(self, messages: Sequence[Message[Any]]) -> Exception | None:
        try:
            with self._traced(messages), self._database.begin(messages[0].caused()) as tx:
                dispatch(tx, self._filter(tx, messages), self._routing)
        except Exception as error:  # handled by the caller, after the rollback
            return error
        return None

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

    def _fail(self, batch: _Batch, message: Message[Any], error: Exception) -> None:
        tp = _partition(message)
        topic = self._catalogue.logical(tp.topic)
        with self._database.read() as read:
            parked = dead_letters.parked_reason(read, topic, tp.partition, message.offset)
        if parked is not None:
            batch.poison[tp, message.offset] = f"parked: {parked}"
            return
        log.error("handler failed", group=self._group, topic=topic, partition=tp.partition, offset=message.offset,
                  event_id=str(message.id), exc_info=error)  # fmt: skip
        batch.failed[tp] = (message.offset, error)

    def _send_to_dlq(self, dead: Sequence[tuple[Any, str]]) -> None:
        """Send records to their dead-letter topics and wait for the acknowledgements: only then may the offsets be
        committed."""
        if not dead:
            return
        if self._producer is None:
            self._producer = clients.producer(
                self._bootstrap, f"{self._group}.dead-letters", largest=dead_letters.LARGEST_UNPACKED
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

    def _settle(self, consumer: KafkaConsumer, batch: _Batch) -> None:
        """Block the partitions that failed at their failing offsets, and clear the blocks of the others."""
        for tp in batch.polled:
            if tp not in batch.failed:
                self.blocked.pop(tp, None)
                continue
            offset, error = batch.failed[tp]
            before = self.blocked.get(tp)
            attempts = before.attempts + 1 if before is not None and before.offset == offset else 1
            pause = min(RETRY_SECONDS, 0.25 * 2**attempts) * random.uniform(0.5, 1.0)
            self.blocked[tp] = Blocked(offset, attempts, time.monotonic() + pause, f"{type(error).__name__}: {error}")
            if tp in consumer.assignment():
                consumer.seek(tp, offset)
                consumer.pause(tp)
        metrics.BLOCKED.labels(self._group).set(len(self.blocked))

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
    """Call the handler of each run of messages of one type, in the order of receipt."""
    for kind, run in groupby(messages, key=lambda message: type(message.event)):
        routing[kind](tx, list(run))


def _partition(message: Message[Any]) -> TopicPartition:
    return TopicPartition(message.topic, message.partition)
