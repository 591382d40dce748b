"""The progress of a projection towards the ends that its topics had at the start of its worker."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from kafka import KafkaConsumer, TopicPartition

from chassis import metrics
from chassis.events import kafka as clients

MEASURE_SECONDS = 0.25
LOG_SECONDS = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Progress:
    """The count of records whose offsets are committed, of the total up to the ends."""

    applied: int
    total: int

    @property
    def complete(self) -> bool:
        """Whether the ends are reached."""
        return self.applied >= self.total

    def __str__(self) -> str:
        return f"has applied {self.applied:,} of {self.total:,} records"


class CatchUp:
    """The progress of one generation of a projection, of all replicas together. Shown in the log and in the metrics."""

    def __init__(self, projection: str, generation: int, partitions: Sequence[TopicPartition]) -> None:
        self.projection = projection
        self.generation = generation
        self.progress: Progress | None = None
        """As measured last; None before the first time."""
        self._partitions = partitions
        self._ranges: dict[TopicPartition, tuple[int, int]] = {}
        self._measured = self._logged = 0.0

    def due(self, consumer: KafkaConsumer) -> bool:
        """Whether to measure after this poll: it costs a request. Always at the end of all assigned partitions."""
        lags = clients.lags(consumer)
        at_end = bool(lags) and not any(lags.values())
        return at_end or time.monotonic() - self._measured > MEASURE_SECONDS

    def measure(self, consumer: KafkaConsumer) -> Progress:
        """Measure, and show the progress."""
        if not self._ranges:
            begins, ends = consumer.beginning_offsets(self._partitions), consumer.end_offsets(self._partitions)
            self._ranges = {tp: (begins[tp], end) for tp, end in ends.items()}
        committed = clients.committed(consumer, self._partitions)
        self.progress = Progress(
            sum(min(max(committed.get(tp, begin), begin), end) - begin for tp, (begin, end) in self._ranges.items()),
            sum(end - begin for begin, end in self._ranges.values()),
        )
        self._measured = time.monotonic()
        self._show(self.progress)
        return self.progress

    def _show(self, progress: Progress) -> None:
        metrics.PROJECTION_APPLIED.labels(self.projection).set(progress.applied)
        metrics.PROJECTION_TOTAL.labels(self.projection).set(progress.total)
        if progress.complete or self._measured - self._logged > LOG_SECONDS:
            self._logged = self._measured
            event = "projection has caught up" if progress.complete else "projection is catching up"
            log.info(event, projection=self.projection, generation=self.generation, applied=progress.applied,
                     total=progress.total)  # fmt: skip
