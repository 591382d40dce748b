"""The results of measurements: value, floor, target, and the file with all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter, sleep

OUT = Path(__file__).parent / "out" / "results.json"


@dataclass(frozen=True)
class Target:
    """The target of a figure: its `value`, or its `ratio` to the floor, is at `least` or at `most` a number."""

    of: str
    least: float | None = None
    most: float | None = None

    def met(self, figure: float) -> bool:
        """Whether a figure meets the target."""
        return (self.least is None or figure >= self.least) and (self.most is None or figure <= self.most)

    def __str__(self) -> str:
        return f"{self.of} ≤ {self.most:g}" if self.least is None else f"{self.of} ≥ {self.least:g}"


TARGETS = {
    "bulk_intake": Target("ratio", least=0.25),
    "single_intake": Target("ratio", least=0.6),
    "relay": Target("ratio", least=0.7),
    "consumer": Target("ratio", least=0.7),
    "order_latency_p50_ms": Target("value", most=50),
    "order_latency_p99_ms": Target("value", most=200),
    "chain": Target("value", least=2_000),
    "growth": Target("value", least=0.85),
    "credit_check": Target("ratio", least=0.6),
    "credit_bulk_ms": Target("value", most=150),
    "filing": Target("ratio", least=0.2),
    "filing_pss_mib_max": Target("value", most=400),
    "pss_mib_max": Target("value", most=200),
}
"""The targets by the names of figures, on two cores."""


@dataclass(frozen=True)
class Result:
    """One figure, its floor in the same run and their ratio (both None without a floor), its target, and whether it is
    met."""

    name: str
    value: float
    unit: str
    floor: float | None
    ratio: float | None
    target: str
    met: bool

    @classmethod
    def against(cls, name: str, value: float, unit: str, floor: float) -> Result:
        """A figure with a floor. Raises KeyError for a name without a target."""
        target, ratio = TARGETS[name], value / floor
        met = target.met(ratio if target.of == "ratio" else value)
        return cls(name, round(value, 2), unit, round(floor, 2), round(ratio, 3), str(target), met)

    @classmethod
    def alone(cls, name: str, value: float, unit: str) -> Result:
        """A figure without a floor: its target is absolute. Raises KeyError for a name without a target."""
        target = TARGETS[name]
        return cls(name, round(value, 3), unit, None, None, str(target), target.met(value))

    def __str__(self) -> str:
        beside = "" if self.floor is None else f"floor {self.floor:>12,.1f}   ratio {self.ratio:.2f}"
        mark = "✓" if self.met else "✗"
        return f"{mark} {self.name:<22} {self.value:>12,.2f} {self.unit:<13} {beside:<36} {self.target}"


def rates(
    measured: Callable[[], None], floor: Callable[[], None], items: int, prepare: Callable[[], None], rounds: int = 3
) -> tuple[float, float]:
    """Items per second of both, each the median of its rounds. They run alternately, so that a change of the machine's
    speed affects both.

    `prepare` runs before each round and is not measured.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, times in zip((measured, floor), taken, strict=True):
            prepare()
            began = perf_counter()
            work()
            times.append(perf_counter() - began)
    return items / median(taken[0]), items / median(taken[1])


def wait_until(condition: Callable[[], object], *, pause: float = 0.1, seconds: float = 300) -> None:
    """Wait until a condition is true. Raises TimeoutError."""
    deadline = monotonic() + seconds
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError("the measurement did not finish in time")
        sleep(pause)


def write(results: list[Result]) -> None:
    """Write the results to a file, with which two runs can be compared."""
    OUT.parent.mkdir(exist_ok=True)
    document = [asdict(result) for result in results]
    OUT.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
