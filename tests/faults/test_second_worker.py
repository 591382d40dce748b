"""Of two workers of each service one may die at any time: the other goes on, and together they do nothing twice."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from anning.services import NAMES
from standalone.processes import Process, answers, free_port
from standalone.system import ROOT
from tests.faults.crowd import BAR, complaint
from tests.faults.running import PATIENCE_SECONDS, Running, eventually
from tests.faults.topics import partition_of

pytestmark = pytest.mark.timeout(600)

SERVICES = NAMES


@contextmanager
def second_worker(running: Running, service: str, folder: Path) -> Iterator[Process]:
    """Another worker of a service, at work."""
    port = free_port()
    process = Process(
        f"{service} second worker",
        [sys.executable, "-m", "anning", "run", service, "--role", "worker"],
        log=folder / f"{service} second worker.log",
        ready=partial(answers, f"http://127.0.0.1:{port}/readyz"),
        env=running.system.environment(service, "worker") | {"ANNING_INSTANCE": "second", "ANNING_PORT": str(port)},
        cwd=ROOT,
    )
    try:
        process.start(PATIENCE_SECONDS)
        yield process
    finally:
        process.stop()


def one_for_each_partition(prefix: str) -> list[str]:
    """Numbers whose complaints go different ways, six of them."""
    numbers = (f"{prefix}{place:04}" for place in count())
    found: dict[int, str] = {}
    while len(found) < 6:
        number = next(numbers)
        found.setdefault(partition_of(number), number)
    return list(found.values())


def enough_complain(running: Running, numbers: Sequence[str]) -> None:
    """So many complain of each number that it is ordered to be shut; wait until it is, once."""
    # Different people for each number: what one person says of many counts for little.
    crowds = [(number, range(3_000 + place * BAR, 3_000 + (place + 1) * BAR)) for place, number in enumerate(numbers)]
    filed = running.file(
        *(complaint(f"{number}-{person}", number, person) for number, people in crowds for person in people)
    )
    eventually(partial(running.heard_of, *filed))
    ordered = running.rows("ports", "SELECT number FROM orders WHERE number = ANY(%s)", list(numbers))
    assert sorted(number for (number,) in ordered) == sorted(numbers)


def test_whichever_worker_dies_the_other_one_goes_on(running: Running, tmp_path: Path) -> None:
    together, without_first, again, without_second = (one_for_each_partition(f"10690339{part}") for part in "0123")
    running.file_ports([*together, *without_first, *again, *without_second])
    running.settle()
    first = [running.system.processes[f"{service} worker"] for service in SERVICES]
    with ExitStack() as stack:
        second = [stack.enter_context(second_worker(running, service, tmp_path)) for service in SERVICES]
        enough_complain(running, together)
        for worker in first:
            worker.kill()
        enough_complain(running, without_first)
        for worker in first:
            worker.start(PATIENCE_SECONDS)
        enough_complain(running, again)
        for worker in second:
            worker.kill()
        enough_complain(running, without_second)
    running.settle()
    assert not running.unready("ports worker")
    assert not running.unready("complaints worker")
