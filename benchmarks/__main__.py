"""`python -m benchmarks [--only NAME,NAME] [--input FOLDER]` measures and writes the figures."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from anning.services import load_all
from benchmarks import (
    bulk_intake,
    chain,
    consumer,
    credit,
    filing,
    growth,
    order_latency,
    relay,
    single_intake,
)
from benchmarks.results import Result, write
from benchmarks.stage import Sizes, Stage
from standalone.system import System

MEASUREMENTS = {
    ("chain", "pss_mib_max"): chain.measure,
    ("bulk_intake",): bulk_intake.measure,
    ("order_latency_p50_ms", "order_latency_p99_ms"): order_latency.measure,
    ("single_intake",): single_intake.measure,
    ("relay",): relay.measure,
    ("consumer",): consumer.measure,
    ("growth",): growth.measure,
    ("credit_check", "credit_bulk_ms"): credit.measure,
    ("filing", "filing_pss_mib_max"): filing.measure,
}
"""What is measured together, by the names of its figures, in the order in which it is: what fills the databases comes
last."""


def main() -> None:
    """Measure on a system of its own, which is gone afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=_names, default=_names(""), help="names of figures: chain,relay")
    parser.add_argument("--input", type=Path, help="a folder with ports.csv and complaints.ndjson.gz")
    parser.add_argument("--complaints", type=int, default=60_000, help="how many to make up without --input")
    parser.add_argument("--ports", type=int, default=1_000_000, help="how many to file by bulk")
    given = parser.parse_args()
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="anning-bench-") as folder:
        # Without the demo's deadlines in seconds: no order becomes overdue while something is measured.
        system = System(Path(folder) / "system", load_all(), rule_packs="CN-2015,CN-2026")
        with system, Stage(system, Sizes(given.complaints, given.ports, given.input)) as stage:
            for names, measure in MEASUREMENTS.items():
                if given.only.isdisjoint(names):
                    continue
                began = time.monotonic()
                results += measure(stage)
                print(f"{', '.join(names)}: {time.monotonic() - began:.0f} s", flush=True)
    write(results)
    print(*results, sep="\n")


def _names(given: str) -> frozenset[str]:
    known = frozenset(name for names in MEASUREMENTS for name in names)
    wanted = frozenset(given.split(",")) if given else known
    if unknown := wanted - known:
        raise argparse.ArgumentTypeError(f"no such figures: {', '.join(sorted(unknown))}; there are {sorted(known)}")
    return wanted


main()
