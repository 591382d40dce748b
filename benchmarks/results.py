"""The results of measurements: value, floor, target, and the file with all of them, written stage by stage."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter, sleep

OUT = Path(__file__).parent / "out" / "results.json"

STALL_SECONDS = 120.0
"""How long a measurement may be without progress."""
_LOOK_SECONDS = 1.0
"""The least time between two looks at the progress: they must not slow down the measurement."""


class Stalled(Exception):
    """What a measurement waits for makes no progress."""


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
    "bulk_intake_2_workers": Target("ratio", least=0.15),
    "bulk_intake_gain": Target("value", least=1.4),
    "single_intake": Target("ratio", least=0.6),
    "oracle_channel": Target("value", most=1),
    "oracle_staff": Target("value", most=1),
    "relay": Target("ratio", least=0.7),
    "consumer": Target("ratio", least=0.7),
    "projection": Target("ratio", least=0.6),
    "order_latency_p50_ms": Target("value", most=50),
    "order_latency_p99_ms": Target("value", most=200),
    "chain": Target("value", least=2_000),
    "chain_2_workers": Target("value", least=1_500),
    "growth": Target("value", least=0.9),
    "credit_check": Target("ratio", least=0.6),
    "credit_bulk_ms": Target("value", most=150),
    "filing": Target("ratio", least=0.2),
    "histories": Target("ratio", least=0.15),
    "filing_pss_mib_max": Target("value", most=400),
    "pss_mib_max": Target("value", most=200),
}
"""The targets by the names of figures, on two cores."""


@dataclass(frozen=True)
class Result:
    """One figure, its floor in the same run and their ratio (both None without a floor), its target, and whether it is
    met. Where the measurement failed: no value, and the `failure`."""

    name: str
    value: float | None
    unit: str
    floor: float | None
    ratio: float | None
    target: str
    met: bool
    failure: str | None = None

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

    @classmethod
    def failed(cls, name: str, error: Exception) -> Result:
        """The figure of a measurement that failed. Raises KeyError for a name without a target."""
        return cls(name, None, "", None, None, str(TARGETS[name]), False, f"{type(error).__name__}: {error}")

    def __str__(self) -> str:
        if self.value is None:
            return f"✗ {self.name:<22} failed: {(self.failure or '').partition(chr(10))[0]}"
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


def wait_until(
    condition: Callable[[], object],
    progress: Callable[[], object],
    *,
    pause: float = 0.1,
    seconds: float = STALL_SECONDS,
) -> None:
    """Wait until a condition is true, as long as `progress` changes. Raises Stalled when it has not changed for a
    number of seconds, and what `progress` raises."""
    seen: object = None
    looked = changed = monotonic()
    while not condition():
        now = monotonic()
        if now - looked > min(_LOOK_SECONDS, seconds / 4):
            looked, found = now, progress()
            if found != seen:
                seen, changed = found, now
            elif now - changed > seconds:
                raise Stalled(f"no progress for {seconds:.0f} s: {found}")
        sleep(pause)


Measure = Callable[[], list[Result]]


def run(stages: Mapping[tuple[str, ...], Measure], recover: Callable[[], None]) -> list[Result]:
    """Run each stage, named by its figures, and write the results after each. A stage that fails becomes rows that
    state the failure; then `recover` runs, and the next stage follows."""
    results: list[Result] = []
    for names, measure in stages.items():
        began = monotonic()
        try:
            results += measure()
        except Exception as error:
            traceback.print_exc()
            results += [Result.failed(name, error) for name in names]
            _attempt(recover)
        write(results)
        print(f"{', '.join(names)}: {monotonic() - began:.0f} s", flush=True)
    return results


def _attempt(recover: Callable[[], None]) -> None:
    try:
        recover()
    except Exception:
        # The next stage states what is still wrong.
        traceback.print_exc()


def write(results: Iterable[Result]) -> None:
    """Write the results to a file, with which two runs can be compared. The file is complete at every moment."""
    OUT.parent.mkdir(exist_ok=True)
    document = [asdict(result) for result in results]
    fresh = OUT.with_suffix(".new")
    fresh.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(OUT)
