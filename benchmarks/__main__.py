"""`python -m benchmarks [--input FOLDER] [--complaints N]` measures everything and writes its figures."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks import flow, load, mechanism, singly
from benchmarks.results import Result, write
from standalone.client import Client
from standalone.system import System


def main() -> None:
    """Measure on a system of its own, which is gone afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, help="a folder with ports.csv and complaints.ndjson.gz")
    parser.add_argument("--complaints", type=int, default=20_000, help="how many to make up without --input")
    given = parser.parse_args()
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="anning-bench-") as folder:
        directory = Path(folder)
        source = load.prepare(directory / "input", given.input, given.complaints)
        # Without the demo's deadlines in seconds: no order becomes overdue while something is measured.
        with System(directory / "system", ("complaints", "ports"), rule_packs="CN-2015,CN-2026") as system:
            with _staff(system, "complaints") as complaints, _staff(system, "ports") as ports:
                results += flow.measure(system, complaints, ports, source)
                results += singly.measure(system, ports)
            results += mechanism.measure(system.postgres.create_database("bench_meters"), system.kafka.bootstrap)
    write(results)
    for each in results:
        beside = "" if each.floor is None else f"   floor {each.floor:>12,.1f}   ratio {each.ratio:.2f}"
        print(f"{each.name:<22} {each.value:>12,.1f} {each.unit:<14}{beside}")


def _staff(system: System, service: str) -> Client:
    return Client(system.url(service), system.issuer, system.credentials, "regulator:MIIT")


main()
