"""`python -m benchmarks.soak [--minutes 20] [--rate N]`: complaints at a steady rate while workers are killed.

Nothing may be lost or duplicated, no process may grow, and outboxes must not lag; otherwise the exit status is 1. The
sandbox is paused, as in the measurement of the chain: the requests of its carriers and authorities would need more CPU
than the complaints.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from anning.services import NAMES, load_all
from benchmarks import load, soak_checks
from benchmarks.memory import pss_mib
from benchmarks.results import OUT, Stalled
from benchmarks.soak_checks import Finding
from benchmarks.testbed import Sizes, Testbed
from chassis import clock
from contracts.numbers import MAX_DIGITS, NumberKind, SenderNumber
from sandbox import scenario
from standalone.organisations import split_complaints
from standalone.system import LOAD, System

RATE = 500
"""Complaints per second if the chain has not been measured."""
FILE_SECONDS = 5
"""The interval between two files."""
SINGLY = 5
"""Complaints per second that are posted singly; the others are uploaded in files."""
KILL_SECONDS = (20, 40)
SAMPLE_SECONDS = 10


@dataclass
class SoakRun:
    """One soak: the complaints sent, the kills, and the memory of processes."""

    testbed: Testbed
    rate: int
    sent: set[str] = field(default_factory=set)
    """Channel and id of every accepted complaint, single or in a file."""
    kills: list[str] = field(default_factory=list)
    sizes: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Samples by process: seconds since the start, and MiB."""
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self, seconds: float) -> None:
        """Run all activities for a number of seconds. Raises the first error of any of them."""
        with ThreadPoolExecutor(4) as threads:
            activities = [
                threads.submit(activity) for activity in (self._upload_files, self._post, self._kill, self._sample)
            ]
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and not any(each.done() for each in activities):
                time.sleep(0.2)
            self._over.set()
            for each in activities:
                each.result()

    def _upload_files(self) -> None:
        """Upload a file every few seconds, and the ports of a scenario before the first complaint about them."""
        lines: list[dict[str, Any]] = []
        generated = scenarios()
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due += FILE_SECONDS
            wanted = (self.rate - SINGLY) * FILE_SECONDS
            while len(lines) < wanted:
                ports, complaints = next(generated)
                lines += complaints
                self._file_ports(ports)
            batch, lines = lines[:wanted], lines[wanted:]
            file = self.testbed.directory / "soak.ndjson.gz"
            load.write_complaints(file, batch)
            self.testbed.upload_complaints(split_complaints(file, self.testbed.directory / "soak-channels"))
            self.sent |= {_name(line) for line in batch}

    def _file_ports(self, ports: list[dict[str, Any]]) -> None:
        file = self.testbed.directory / "soak.csv"
        load.write_ports(file, ports)
        self.testbed.upload_register(file)

    def _post(self) -> None:
        with self.testbed.client("complaints", "channel:app") as http:
            for number in count():
                if self._over.wait(1 / SINGLY):
                    return
                complaint = load.complaint(f"10690777{number % 10_000:04d}")
                http.post("/complaints", json=complaint).raise_for_status()
                self.sent.add(_name(complaint))

    def _kill(self) -> None:
        draw = random.Random()
        while not self._over.wait(draw.uniform(*KILL_SECONDS)):
            victim = f"{draw.choice(NAMES)} worker"
            self.kills.append(victim)
            process = self.testbed.system.processes[victim]
            process.kill()
            process.start()

    def _sample(self) -> None:
        began = time.monotonic()
        while not self._over.wait(SAMPLE_SECONDS):
            for name, process in self.testbed.system.processes.items():
                if name != "sandbox" and (mib := pss_mib(process)):
                    self.sizes.setdefault(name, []).append((time.monotonic() - began, mib))


def scenarios() -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """The ports and complaints of an endless sequence of scenarios, generated cheaply: the texts repeat, people and
    numbers differ, and every complaint is from now."""
    seeds = [scenario.generate(clock.now(), seed) for seed in range(10)]
    people = count()
    for index in count():
        generated = seeds[index % len(seeds)]
        ports = [asdict(each) | {"number": _moved(each.number, index)} for each in generated.filings]
        now = clock.now().isoformat()
        persons: dict[str, str] = {}
        complaints = [
            asdict(each)
            | {
                "external_id": f"soak-{index}-{each.external_id}",
                "sender_number": _moved(each.sender_number, index),
                "complainant_number": persons.setdefault(each.complainant_number, f"154{next(people) % 10**8:08d}"),
                "sent_at": now,
                "received_at": now,
            }
            for each in generated.complaints
        ]
        yield ports, complaints


def _moved(number: str, index: int) -> str:
    """The number that has the role of this one in the scenario with that index. A port with a long extension loses its
    last digits: the ports that it belongs to stay the same."""
    parsed = SenderNumber.parse(number)
    if parsed.base is not None:
        return f"{parsed.base}{index:05d}{parsed.extension}"[:MAX_DIGITS]
    if parsed.kind is NumberKind.MOBILE:
        return f"{number[:3]}{(int(number[3:]) + index * 7919) % 10**8:08d}"
    return number


def _name(complaint: dict[str, Any]) -> str:
    return f"{complaint['channel']} {complaint['external_id']}"


def _rate() -> int:
    """Half of the last measured rate of the chain."""
    if OUT.exists():
        for each in json.loads(OUT.read_text(encoding="utf-8")):
            if each["name"] == "chain" and each["value"] is not None:
                return int(each["value"] / 2)
    return RATE


def _settled(testbed: Testbed) -> Finding:
    """Wait until no work is left. Where it stalls, the other conditions are judged nevertheless."""
    what, began = "no work is left, no import is open", time.monotonic()
    try:
        testbed.settle()
    except Stalled as error:
        return Finding(what, str(error), met=False)
    return Finding(what, f"{time.monotonic() - began:.0f} s after the last complaint", met=True)


def main() -> None:
    """Run a soak on a temporary system and print the findings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=int, default=_rate(), help="complaints per second (half the chain's)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="anning-soak-") as folder:
        system = System(Path(folder) / "system", load_all(), rule_packs=LOAD)
        with system, Testbed(system, Sizes(0, 0)) as testbed:
            soak = SoakRun(testbed, options.rate)
            print(f"{options.rate} complaints/s for {options.minutes:g} minutes", flush=True)
            with testbed.sandbox_paused():
                soak.run(options.minutes * 60)
                settled = _settled(testbed)
            print(f"{len(soak.sent):,} complaints, {len(soak.kills)} kills: {', '.join(soak.kills)}")
            findings = [
                settled,
                *soak_checks.lost_and_duplicated(testbed.databases, soak.sent),
                *soak_checks.equations(testbed.staff),
                *soak_checks.ages(testbed.databases),
                *soak_checks.growth(soak.sizes),
            ]
    print(*findings, sep="\n")
    sys.exit(any(not each.met for each in findings))


if __name__ == "__main__":
    main()
