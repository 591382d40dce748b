"""The worker of a service: relay, projections, reactions and sweeps, each a loop that is started anew when it falls.

Order of start: projections first; reactions and sweeps decide on what projections hold, so they wait until those have
reached the ends that the topics had when the worker found them.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from kafka import KafkaConsumer, TopicPartition

from chassis import metrics
from chassis.database import Database
from chassis.events import inbox, outbox, projections
from chassis.events.consumer import Consumer
from chassis.events.envelope import Message
from chassis.events.projections import SupersededError
from chassis.events.relay import Relay
from chassis.events.topics import Catalogue
from chassis.housekeeping import SWEEPS as HOUSEKEEPING
from chassis.service import Projection, Service, topics_of
from chassis.settings import Settings
from chassis.sweeper import Sweeper
from chassis.wakeup import Wakeup

OUTBOX_UNREADY = timedelta(seconds=60)
GENERATION_CHECK_SECONDS = 1.0

log = structlog.get_logger()


class Worker:
    """Everything of one service that runs without being asked over HTTP."""

    def __init__(self, service: Service, settings: Settings, database: Database, catalogue: Catalogue) -> None:
        self._service = service
        self._settings = settings
        self._database = database
        # Without an outbox: a projection that publishes fails at once.
        self._projecting = Database(settings.database_url, pool=max(1, len(service.projections)))
        self._catalogue = catalogue
        self._stop = threading.Event()
        self._wakeup = Wakeup(database.conninfo, self._stop)
        self._threads: list[threading.Thread] = []
        self._fallen: dict[str, str] = {}
        self._consumers: dict[str, Consumer] = {}
        self._behind = {projection.name for projection in service.projections}

    def start(self) -> None:
        """Start every loop."""
        self._loop("wakeup", self._wakeup.run)
        relay = Relay(
            self._database,
            self._settings.kafka,
            self._catalogue,
            stop=self._stop,
            waiter=self._wakeup.waiter(),
            poll_seconds=self._settings.relay_poll_seconds,
        )
        self._loop("relay", relay.run)
        for projection in self._service.projections:
            self._loop(f"projection {projection.name}", partial(self._project, projection))
        if self._service.reactions:
            self._loop("reactions", self._react, gated=True)
        for sweep in (*self._service.sweeps, *HOUSEKEEPING):
            waiter = self._wakeup.waiter(work=sweep.woken)
            sweeper = Sweeper(sweep, self._database, stop=self._stop, waiter=waiter)
            self._loop(f"sweep {sweep.name}", sweeper.run, gated=True)

    def stop(self) -> None:
        """Let every loop end what it is at, and wait for it."""
        self._stop.set()
        self._wakeup.stop()
        for thread in self._threads:
            thread.join(timeout=20)
        self._projecting.close()

    def problems(self) -> dict[str, str]:
        """What keeps this worker from being ready, by the name of the part."""
        found = dict(self._fallen)
        for name in sorted(self._behind):
            found[f"projection {name}"] = "has not reached the end of its topics yet"
        for name, consumer in list(self._consumers.items()):
            problem = consumer.problem()
            if problem is not None:
                found[name] = problem
        try:
            with self._database.read() as read:
                age = outbox.oldest_unpublished(read)
        except Exception as error:
            found["outbox"] = f"cannot be read: {type(error).__name__}"
        else:
            metrics.OUTBOX_AGE.set(age.total_seconds())
            if age > OUTBOX_UNREADY:
                found["outbox"] = f"its oldest event has waited for {age.total_seconds():.0f} s"
        return found

    def _loop(self, name: str, run: Callable[[], None], *, gated: bool = False) -> None:
        thread = threading.Thread(target=self._supervise, args=(name, run, gated), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _supervise(self, name: str, run: Callable[[], None], gated: bool) -> None:
        falls = 0
        while not self._stop.is_set():
            if gated and self._behind:
                self._stop.wait(0.05)
                continue
            started = time.monotonic()
            try:
                run()
            except SupersededError as error:
                log.info("projection starts anew", loop=name, reason=str(error))
            except Exception as error:
                falls = 1 if time.monotonic() - started > 30 else falls + 1
                self._fallen[name] = f"{type(error).__name__}: {error}"
                log.error("loop fell, starts anew", loop=name, falls=falls, exc_info=error)
                self._stop.wait(min(3.0, 0.25 * 2**falls) * random.uniform(0.5, 1.0))
                self._fallen.pop(name, None)

    def _group(self, name: str) -> str:
        return f"{self._settings.topic_prefix}{self._service.name}{name}"

    def _consumer(self, name: str, group: str, **rest: Any) -> Consumer:
        consumer = Consumer(
            service=self._service.name,
            group=group,
            instance=self._settings.instance,
            bootstrap=self._settings.kafka,
            catalogue=self._catalogue,
            stop=self._stop,
            **rest,
        )
        self._consumers[name] = consumer
        return consumer

    def _react(self) -> None:
        routing = self._service.reactions
        consumer = self._consumer(
            "reactions", self._group(""), database=self._database, routing=routing, admit=inbox.take
        )
        consumer.run()

    def _project(self, projection: Projection) -> None:
        with self._database.read() as read:
            generation = projections.generation(read, projection.name)
        self._behind.add(projection.name)
        checked = time.monotonic()

        def admit(tx: Any, messages: Sequence[Message[Any]]) -> Sequence[Message[Any]]:
            projections.hold(tx, projection.name, generation)
            return messages

        ends: dict[TopicPartition, int] = {}

        def polled(consumer: KafkaConsumer) -> None:
            nonlocal checked
            if projection.name in self._behind:
                if not ends:
                    ends.update(self._ends(consumer, projection))
                if _reached(consumer, ends):
                    log.info("projection has caught up", projection=projection.name, generation=generation)
                    self._behind.discard(projection.name)
            if time.monotonic() - checked > GENERATION_CHECK_SECONDS:
                checked = time.monotonic()
                with self._database.read() as read:
                    current = projections.generation(read, projection.name)
                if current != generation:
                    self._behind.add(projection.name)
                    raise SupersededError(f"projection {projection.name} is at generation {current} now")

        self._consumer(
            f"projection {projection.name}",
            self._group(f".{projection.name}.{generation}"),
            database=self._projecting,
            routing=projection.handlers,
            admit=admit,
            polled=polled,
        ).run()

    def _ends(self, consumer: KafkaConsumer, projection: Projection) -> dict[TopicPartition, int]:
        partitions = [
            TopicPartition(self._catalogue.physical(topic), number)
            for topic in topics_of(projection.handlers)
            for number in range(self._catalogue.topics[topic].partitions)
        ]
        begins: dict[TopicPartition, int] = consumer.beginning_offsets(partitions)
        ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
        return {tp: end for tp, end in ends.items() if end > begins[tp]}


def _reached(consumer: KafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    """Whether the group, all replicas together, has committed up to these ends."""
    return all((consumer.committed(tp) or 0) >= end for tp, end in ends.items())
