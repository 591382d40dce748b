"""The worker of a service: relay, projections, reactions and sweeps. Each runs in a supervised loop and is restarted
when it crashes.

Projections start first. Reactions and sweeps decide by projections, so they wait until these have reached the end
offsets that the topics had at the start of the worker. They wait again while a projection is being rebuilt.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from kafka import KafkaConsumer, TopicPartition

from chassis import metrics
from chassis.database import Database, Tx
from chassis.decoding import build_types
from chassis.events import inbox, outbox, projections, quarantine
from chassis.events.catch_up import CatchUp, Progress
from chassis.events.consumer import Consumer
from chassis.events.envelope import Message
from chassis.events.projections import SupersededError
from chassis.events.quarantine import FailureLimit
from chassis.events.relay import Relay
from chassis.events.routing import Projection, topics_of
from chassis.events.topics import Catalogue
from chassis.housekeeping import SWEEPS as HOUSEKEEPING
from chassis.service import Service
from chassis.settings import Settings
from chassis.sweeper import Chore, Slice, Sweep, Sweeper
from chassis.wakeup import Wakeup

OUTBOX_UNREADY = timedelta(seconds=60)
GENERATION_CHECK_SECONDS = 1.0
STEADY_SECONDS = 6.0
"""How long a restarted loop must run before it counts as healthy: longer than any attempt to connect."""

log = structlog.get_logger()


def _measure_outbox(tx: Tx, _: Slice) -> int:
    metrics.OUTBOX_AGE.set(outbox.oldest_unpublished(tx).total_seconds())
    return 0


OUTBOX_AGE_CHORE = Chore(name="outbox-age", run=_measure_outbox, every=timedelta(seconds=5), limit=1, woken=False)
"""Measured periodically, whether or not readiness is requested."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a loop crashed, and until when readiness shows it."""

    reason: str
    shown_until: float


class Worker:
    """Everything of one service that runs without a request over HTTP."""

    def __init__(self, service: Service, settings: Settings, database: Database, catalogue: Catalogue) -> None:
        self._service = service
        self._settings = settings
        self._database = database
        # Without an outbox: a projection that publishes fails immediately.
        self._projecting = Database(settings.database_url, pool=max(1, len(service.projections)))
        self._catalogue = catalogue
        self._stop = threading.Event()
        self._wakeup = Wakeup(database.conninfo, self._stop)
        self._threads: list[threading.Thread] = []
        self._failures: dict[str, _Failure] = {}
        self._consumers: dict[str, Consumer] = {}
        self._catch_ups: dict[str, CatchUp] = {}
        self._caught_up: dict[str, int] = {}  # projection → the generation that has caught up

    def start(self) -> None:
        """Start every loop."""
        build_types()
        self._loop("wakeup", self._wakeup.run)
        relay = Relay(
            self._database,
            self._settings.broker,
            self._catalogue,
            stop=self._stop,
            waiter=self._wakeup.waiter(events=True),
            poll_seconds=self._settings.relay_poll_seconds,
        )
        self._loop("relay", relay.run)
        for projection in self._service.projections:
            self._loop(f"projection {projection.name}", partial(self._project, projection))
        if self._service.reactions:
            self._loop("reactions", self._react, gated=True)
        for sweep in self._service.sweeps:
            self._sweep(sweep, self._lock_projections, gated=True)
        for sweep in (*HOUSEKEEPING, OUTBOX_AGE_CHORE):
            self._sweep(sweep, lambda _: None, gated=False)

    def stop(self) -> None:
        """Let every loop finish its current work, and wait for it."""
        self._stop.set()
        self._wakeup.stop()
        for thread in self._threads:
            thread.join(timeout=20)
        self._projecting.close()

    def problems(self) -> dict[str, str]:
        """Why this worker is not ready, by the name of the part."""
        now = time.monotonic()
        found = {name: failure.reason for name, failure in list(self._failures.items()) if now < failure.shown_until}
        for name, consumer in list(self._consumers.items()):
            problem = consumer.problem()
            if problem is not None:
                found[name] = problem
        try:
            with self._database.read() as read:
                age = outbox.oldest_unpublished(read)
                # Read from the database: a rebuild counts from its commit, not from when the loop notices it.
                current = {each.name: projections.generation(read, each.name) for each in self._service.projections}
        except Exception as error:
            return found | {"outbox": f"cannot be read: {type(error).__name__}"}
        if age > OUTBOX_UNREADY:
            found["outbox"] = f"the oldest event has waited for {age.total_seconds():.0f} s"
        for name, generation in current.items():
            if self._caught_up.get(name) != generation:
                found.setdefault(f"projection {name}", self._why_behind(name, generation))
        return found

    def progress(self) -> dict[str, Progress]:
        """How far each projection has come towards readiness, by the name of the part."""
        return {
            f"projection {name}": each.progress
            for name, each in list(self._catch_ups.items())
            if each.progress is not None
        }

    def _why_behind(self, name: str, generation: int) -> str:
        catch_up = self._catch_ups.get(name)
        if catch_up is None or catch_up.generation != generation or catch_up.progress is None:
            return "has not reached the end of its topics"
        return str(catch_up.progress)

    def _loop(self, name: str, run: Callable[[], None], *, gated: bool = False) -> None:
        thread = threading.Thread(target=self._supervise, args=(name, run, gated), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _sweep(self, sweep: Sweep | Chore, guard: Callable[[Tx], None], *, gated: bool) -> None:
        waiter = self._wakeup.waiter(work=sweep.woken)
        sweeper = Sweeper(sweep, self._database, stop=self._stop, waiter=waiter, guard=guard)
        self._loop(f"sweep {sweep.name}", sweeper.run, gated=gated)

    def _supervise(self, name: str, run: Callable[[], None], gated: bool) -> None:
        restarts = 0
        while not self._stop.is_set():
            if gated and self._behind():
                self._stop.wait(0.05)
                continue
            started = time.monotonic()
            try:
                run()
            except SupersededError as error:
                log.info("loop restarts", loop=name, reason=str(error))
                if self._caught_up.get(error.name) == error.expected:
                    del self._caught_up[error.name]
            except Exception as error:
                restarts = 1 if time.monotonic() - started > 30 else restarts + 1
                log.error("loop crashed, restarts", loop=name, restarts=restarts, exc_info=error)
                pause = min(3.0, 0.25 * 2**restarts) * random.uniform(0.5, 1.0)
                reason = f"{type(error).__name__}: {error}"
                self._failures[name] = _Failure(reason, time.monotonic() + pause + STEADY_SECONDS)
                self._stop.wait(pause)

    def _behind(self) -> list[str]:
        return [each.name for each in self._service.projections if each.name not in self._caught_up]

    def _lock_projections(self, tx: Tx) -> None:
        """Block rebuilds of the projections until the end of `tx`. Raises SupersededError after a rebuild."""
        projections.lock_generation(
            tx, {each.name: self._caught_up.get(each.name, 0) for each in self._service.projections}
        )

    def _group(self, name: str) -> str:
        return f"{self._settings.topic_prefix}{self._service.name}{name}"

    def _consumer(self, name: str, group: str, **rest: Any) -> Consumer:
        consumer = Consumer(
            service=self._service.name,
            group=group,
            instance=self._settings.instance,
            broker=self._settings.broker,
            catalogue=self._catalogue,
            limit=FailureLimit(self._settings.failure_limit, self._settings.failure_window),
            stop=self._stop,
            **rest,
        )
        self._consumers[name] = consumer
        return consumer

    def _react(self) -> None:
        def filter_messages(tx: Tx, messages: Sequence[Message[Any]]) -> Sequence[Message[Any]]:
            self._lock_projections(tx)
            return inbox.take(tx, messages)

        routing = self._service.reactions
        self._consumer(
            "reactions",
            self._group(""),
            database=self._database,
            routing=routing,
            filter_messages=filter_messages,
            arriving=quarantine.hold,
        ).run()

    def _project(self, projection: Projection) -> None:
        with self._database.read() as read:
            generation = projections.generation(read, projection.name)
        if self._caught_up.get(projection.name) != generation:
            self._caught_up.pop(projection.name, None)
        checked = time.monotonic()

        def filter_messages(tx: Tx, messages: Sequence[Message[Any]]) -> Sequence[Message[Any]]:
            projections.lock_generation(tx, {projection.name: generation})
            return messages

        catch_up = self._catch_ups[projection.name] = CatchUp(projection.name, generation, self._partitions(projection))

        def polled(consumer: KafkaConsumer) -> None:
            nonlocal checked
            behind = projection.name not in self._caught_up
            if not (catch_up.due(consumer) if behind else time.monotonic() - checked > GENERATION_CHECK_SECONDS):
                return
            checked = time.monotonic()
            with self._database.read() as read:
                current = projections.generation(read, projection.name)
            if current != generation:
                raise SupersededError(projection.name, generation, current)
            if behind and catch_up.measure(consumer).complete:
                self._caught_up[projection.name] = generation

        self._consumer(
            f"projection {projection.name}",
            self._group(projections.group_suffix(projection.name, generation)),
            database=self._projecting,
            routing=projection.handlers,
            filter_messages=filter_messages,
            arriving=quarantine.supersede,
            polled=polled,
        ).run()

    def _partitions(self, projection: Projection) -> list[TopicPartition]:
        return [
            TopicPartition(self._catalogue.physical(topic), number)
            for topic in topics_of(projection.handlers)
            for number in range(self._catalogue.topics[topic].partitions)
        ]
