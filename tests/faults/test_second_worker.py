"""With two workers per service, one may die at any time: the other continues, and no work is done twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count

import pytest

from anning.services import NAMES
from standalone.processes import Process
from tests.faults.running import PATIENCE_SECONDS, RunningSystem, eventually
from tests.faults.topics import partition_of
from tests.faults.workload import BAR, complaint

pytestmark = pytest.mark.timeout(600)

SERVICES = NAMES


@contextmanager
def second_worker(running: RunningSystem, service: str) -> Iterator[Process]:
    """A second running worker of a service."""
    process = running.system.second_worker(service)
    try:
        process.start(PATIENCE_SECONDS)
        yield process
    finally:
        process.stop()


def one_number_per_partition(prefix: str) -> list[str]:
    """Six numbers whose complaints are in six different partitions."""
    numbers = (f"{prefix}{index:04}" for index in count())
    found: dict[int, str] = {}
    while len(found) < 6:
        number = next(numbers)
        found.setdefault(partition_of(number), number)
    return list(found.values())


def complain_until_ordered(running: RunningSystem, numbers: Sequence[str]) -> None:
    """File enough complaints about each number for an order; wait until each number has exactly one."""
    # Different people for each number: complaints of one person about many numbers count less.
    complainants = [
        (number, range(3_000 + index * BAR, 3_000 + (index + 1) * BAR)) for index, number in enumerate(numbers)
    ]
    filed = running.file(
        *(complaint(f"{number}-{person}", number, person) for number, people in complainants for person in people)
    )
    eventually(partial(running.in_evidence, *filed))
    ordered = running.rows("ports", "SELECT number FROM orders WHERE number = ANY(%s)", list(numbers))
    assert sorted(number for (number,) in ordered) == sorted(numbers)


def test_when_one_of_two_workers_dies_the_other_continues(running: RunningSystem) -> None:
    together, without_first, again, without_second = (one_number_per_partition(f"10690339{part}") for part in "0123")
    running.file_ports([*together, *without_first, *again, *without_second])
    running.settle()
    first = [running.system.processes[f"{service} worker"] for service in SERVICES]
    with ExitStack() as stack:
        second = [stack.enter_context(second_worker(running, service)) for service in SERVICES]
        complain_until_ordered(running, together)
        for worker in first:
            worker.kill()
        complain_until_ordered(running, without_first)
        for worker in first:
            worker.start(PATIENCE_SECONDS)
        complain_until_ordered(running, again)
        for worker in second:
            worker.kill()
        complain_until_ordered(running, without_second)
    running.settle()
    assert not running.readiness_problems("ports worker")
    assert not running.readiness_problems("complaints worker")
