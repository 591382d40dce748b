"""What a measurement came to, whether that is what it must come to, and the file of all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter, sleep

OUT = Path(__file__).parent / "out" / "results.json"


@dataclass(frozen=True)
class Reach:
    """What a figure must come to: its `value`, or its `ratio` to the floor, at `least` or at `most` so much."""

    of: str
    least: float | None = None
    most: float | None = None

    def met(self, figure: float) -> bool:
        """Whether a figure comes to it."""
        return (self.least is None or figure >= self.least) and (self.most is None or figure <= self.most)

    def __str__(self) -> str:
        return f"{self.of} ≤ {self.most:g}" if self.least is None else f"{self.of} ≥ {self.least:g}"


REACHES = {
    "bulk_intake": Reach("ratio", least=0.25),
    "single_intake": Reach("ratio", least=0.6),
    "relay": Reach("ratio", least=0.7),
    "consumer": Reach("ratio", least=0.7),
    "order_latency_p50_ms": Reach("value", most=50),
    "order_latency_p99_ms": Reach("value", most=200),
    "chain": Reach("value", least=2_000),
    "growth": Reach("value", least=0.85),
    "credit_check": Reach("ratio", least=0.6),
    "credit_bulk_ms": Reach("value", most=150),
    "filing": Reach("ratio", least=0.2),
    "filing_pss_mib_max": Reach("value", most=400),
    "pss_mib_max": Reach("value", most=200),
}
"""By the name of the figure, on two cores."""


@dataclass(frozen=True)
class Result:
    """One figure, the floor it is held against in the same run, and their ratio (without a floor both are None); what
    it must come to, and whether it did."""

    name: str
    value: float
    unit: str
    floor: float | None
    ratio: float | None
    reach: str
    met: bool

    @classmethod
    def against(cls, name: str, value: float, unit: str, floor: float) -> Result:
        """A figure beside its floor. Raises KeyError for a name that has no reach."""
        reach, ratio = REACHES[name], value / floor
        met = reach.met(ratio if reach.of == "ratio" else value)
        return cls(name, round(value, 2), unit, round(floor, 2), round(ratio, 3), str(reach), met)

    @classmethod
    def alone(cls, name: str, value: float, unit: str) -> Result:
        """A figure without a floor: its reach is absolute. Raises KeyError for a name that has none."""
        reach = REACHES[name]
        return cls(name, round(value, 3), unit, None, None, str(reach), reach.met(value))

    def __str__(self) -> str:
        beside = "" if self.floor is None else f"floor {self.floor:>12,.1f}   ratio {self.ratio:.2f}"
        mark = "✓" if self.met else "✗"
        return f"{mark} {self.name:<22} {self.value:>12,.2f} {self.unit:<13} {beside:<36} {self.reach}"


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
    document = [asdict(result) for result in results]
    OUT.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
