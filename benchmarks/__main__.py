"""`python -m benchmarks [--only NAME,NAME] [--input FOLDER]`: measure, and write the figures to a file, stage by stage.

The exit status is 1 when a measurement failed; a missed target is only shown.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

from anning.services import load_all
from benchmarks import (
    bulk_intake,
    chain,
    consumer,
    credit,
    filing,
    growth,
    histories,
    oracles,
    order_latency,
    projection,
    relay,
    results,
    single_intake,
)
from benchmarks.testbed import Sizes, Testbed
from standalone.system import LOAD, System

MEASUREMENTS = {
    ("chain", "pss_mib_max", "chain_2_workers"): chain.measure,
    ("bulk_intake", "bulk_intake_2_workers", "bulk_intake_gain"): bulk_intake.measure,
    ("order_latency_p50_ms", "order_latency_p99_ms"): order_latency.measure,
    ("single_intake",): single_intake.measure,
    ("oracle_channel", "oracle_staff"): oracles.measure,
    ("relay",): relay.measure,
    ("consumer",): consumer.measure,
    ("projection",): projection.measure,
    ("growth",): growth.measure,
    ("credit_check", "credit_bulk_ms"): credit.measure,
    ("filing", "filing_pss_mib_max"): filing.measure,
    ("histories",): histories.measure,
}
"""The measurements in their order, each with the names of its figures. Those that fill the databases run last."""


def main() -> None:
    """Measure on a temporary system."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=_names, default=_names(""), help="names of figures: chain,relay")
    parser.add_argument("--input", type=Path, help="a folder with ports.csv and complaints.ndjson.gz")
    parser.add_argument("--complaints", type=int, default=60_000, help="count of generated complaints, without --input")
    parser.add_argument("--ports", type=int, default=1_000_000, help="count of ports in the bulk filing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="anning-bench-") as folder:
        system = System(Path(folder) / "system", load_all(), rule_packs=LOAD)
        with system, Testbed(system, Sizes(options.complaints, options.ports, options.input)) as testbed:
            wanted = {
                names: partial(measure, testbed)
                for names, measure in MEASUREMENTS.items()
                if not options.only.isdisjoint(names)
            }
            found = results.run(wanted, testbed.recover)
    print(*found, sep="\n")
    sys.exit(any(each.failure for each in found))


def _names(text: str) -> frozenset[str]:
    known = frozenset(name for names in MEASUREMENTS for name in names)
    wanted = frozenset(text.split(",")) if text else known
    if unknown := wanted - known:
        raise argparse.ArgumentTypeError(
            f"unknown figures: {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}"
        )
    return wanted


main()
