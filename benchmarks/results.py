"""What a measurement came to, and the file of all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter, sleep

OUT = Path(__file__).parent / "out" / "results.json"


@dataclass(frozen=True)
class Result:
    """One figure, the floor it is held against in the same run, and their ratio; without a floor both are None."""

    name: str
    value: float
    unit: str
    floor: float | None
    ratio: float | None

    @classmethod
    def against(cls, name: str, value: float, unit: str, floor: float) -> Result:
        """A figure beside its floor."""
        return cls(name, round(value, 2), unit, round(floor, 2), round(value / floor, 3))

    @classmethod
    def alone(cls, name: str, value: float, unit: str) -> Result:
        """A figure without a floor: its bound is absolute."""
        return cls(name, round(value, 2), unit, None, None)


def rates(
    ours: Callable[[], None], floor: Callable[[], None], items: int, prepare: Callable[[], None], rounds: int = 3
) -> tuple[float, float]:
    """Items per second of both, each the median of some rounds, run in turn so that a drift of the machine meets both.

    `prepare` is run before each and not measured.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, times in zip((ours, floor), taken, strict=True):
            prepare()
            began = perf_counter()
            work()
            times.append(perf_counter() - began)
    return items / median(taken[0]), items / median(taken[1])


def patiently(holds: Callable[[], object], *, pause: float = 0.1, seconds: float = 300) -> None:
    """Wait until something holds. Raises TimeoutError: a measurement that hangs tells nothing."""
    deadline = monotonic() + seconds
    while not holds():
        if monotonic() > deadline:
            raise TimeoutError("what is measured did not come to its end")
        sleep(pause)


def write(results: list[Result]) -> None:
    """Write the file that a comparison of two runs reads."""
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n", encoding="utf-8")
