"""`python -m benchmarks.soak [--minutes 20] [--rate N]`: complaints at a steady rate while workers are killed.

Nothing may be lost or doubled, no process may grow, and the outbox may not lag. Exits with 1 where it is otherwise. The
world outside stands still, as while the chain is measured: what its carriers and authorities would ask and say about so
many complaints takes more of two cores than the complaints do.
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
from benchmarks import load, settled
from benchmarks.memory import pss_mib
from benchmarks.results import OUT, patiently
from benchmarks.stage import STAFF, Sizes, Stage
from chassis import clock
from contracts.numbers import NumberKind, SenderNumber
from sandbox import scenario
from standalone.system import System

RATE = 500
"""Complaints per second where no chain has been measured."""
FILE_SECONDS = 5
"""How often a file is handed in."""
SINGLY = 5
"""Complaints per second that are posted one by one; the rest comes in files."""
KILL_SECONDS = (20, 40)
SAMPLE_SECONDS = 10


@dataclass
class Soaking:
    """What is handed in and observed while it lasts."""

    stage: Stage
    rate: int
    sent: set[str] = field(default_factory=set)
    """The ids, by their channels, of every complaint that was accepted or is in a file that was."""
    kills: list[str] = field(default_factory=list)
    sizes: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """By process: when, in seconds, it held how much, in MiB."""
    _over: threading.Event = field(default_factory=threading.Event)

    def last(self, seconds: float) -> None:
        """Everybody does his part for so long. Raises what any of them met."""
        with ThreadPoolExecutor(4) as threads:
            parts = [threads.submit(part) for part in (self._hand_in, self._post, self._kill, self._sample)]
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and not any(each.done() for each in parts):
                time.sleep(0.2)
            self._over.set()
            for each in parts:
                each.result()

    def _hand_in(self) -> None:
        """A file every few seconds, and the ports of a scenario before the first complaint about them."""
        lines: list[dict[str, Any]] = []
        crowd = crowds()
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due += FILE_SECONDS
            wanted = (self.rate - SINGLY) * FILE_SECONDS
            while len(lines) < wanted:
                ports, said = next(crowd)
                lines += said
                self._file_ports(ports)
            piece, lines = lines[:wanted], lines[wanted:]
            file = self.stage.directory / "soak.ndjson.gz"
            load.write_complaints(file, piece)
            self.stage.hand_in("complaints", "/complaint-imports", file, "application/x-ndjson")
            self.sent |= {_name(line) for line in piece}

    def _file_ports(self, ports: list[dict[str, Any]]) -> None:
        file = self.stage.directory / "soak.csv"
        load.write_ports(file, ports)
        self.stage.hand_in("ports", "/filing-imports", file, "text/csv")

    def _post(self) -> None:
        with self.stage.calls("complaints", STAFF) as http:
            for number in count():
                if self._over.wait(1 / SINGLY):
                    return
                said = load.complaint(f"10690777{number % 10_000:04d}")
                http.post("/complaints", json=said).raise_for_status()
                self.sent.add(_name(said))

    def _kill(self) -> None:
        draw = random.Random()
        while not self._over.wait(draw.uniform(*KILL_SECONDS)):
            victim = f"{draw.choice(NAMES)} worker"
            self.kills.append(victim)
            process = self.stage.system.processes[victim]
            process.kill()
            process.start()

    def _sample(self) -> None:
        began = time.monotonic()
        while not self._over.wait(SAMPLE_SECONDS):
            for name, process in self.stage.system.processes.items():
                if name != "sandbox" and (held := pss_mib(process)):
                    self.sizes.setdefault(name, []).append((time.monotonic() - began, held))


def crowds() -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """The ports and complaints of one scenario after the other, without end, cheaply: always the same texts, each time
    of other people about other numbers, and of now."""
    seeds = [scenario.generate(clock.now(), seed) for seed in range(10)]
    people = count()
    for place in count():
        made = seeds[place % len(seeds)]
        ports = [asdict(each) | {"number": _moved(each.number, place)} for each in made.filings]
        now = clock.now().isoformat()
        persons: dict[str, str] = {}
        said = [
            asdict(each)
            | {
                "external_id": f"soak-{place}-{each.external_id}",
                "sender_number": _moved(each.sender_number, place),
                "complainant_number": persons.setdefault(each.complainant_number, f"154{next(people) % 10**8:08d}"),
                "sent_at": now,
                "received_at": now,
            }
            for each in made.complaints
        ]
        yield ports, said


def _moved(number: str, place: int) -> str:
    """The number of another scenario that stands where this one does in its own."""
    parsed = SenderNumber.parse(number)
    if parsed.base is not None:
        return f"{parsed.base}{place:05d}{parsed.extension}"
    if parsed.kind is NumberKind.MOBILE:
        return f"{number[:3]}{(int(number[3:]) + place * 7919) % 10**8:08d}"
    return number


def _name(complaint: dict[str, Any]) -> str:
    return f"{complaint['channel']} {complaint['external_id']}"


def _rate() -> int:
    """Half of what the chain was last measured to take."""
    if OUT.exists():
        for each in json.loads(OUT.read_text(encoding="utf-8")):
            if each["name"] == "chain":
                return int(each["value"] / 2)
    return RATE


def main() -> None:
    """Soak a system of its own, which is gone afterwards, and tell what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=int, default=_rate(), help="complaints per second (half the chain's)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="anning-soak-") as folder:
        system = System(Path(folder) / "system", load_all(), rule_packs="CN-2015,CN-2026")
        with system, Stage(system, Sizes(0, 0)) as stage:
            soaking = Soaking(stage, given.rate)
            print(f"{given.rate} complaints/s for {given.minutes:g} minutes", flush=True)
            with stage.undisturbed():
                soaking.last(given.minutes * 60)
                began = time.monotonic()
                patiently(lambda: stage.heard, pause=1, seconds=max(600, given.minutes * 60))
            print(f"{len(soaking.sent):,} complaints, {len(soaking.kills)} kills: {', '.join(soaking.kills)}")
            print(f"settled {time.monotonic() - began:.0f} s after the last one")
            findings = [*settled.findings(stage, soaking.sent), *settled.growth(soaking.sizes)]
    print(*findings, sep="\n")
    sys.exit(any(not each.met for each in findings))


if __name__ == "__main__":
    main()
