"""What the measurements put in: a register and complaints, made up from the sandbox's scenario, or real input.

Nobody complains more often than counts (rule assessment.cap): every scenario has people of its own, and what is
filed singly comes from somebody else each time.
"""

from __future__ import annotations

import csv
import gzip
import json
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from chassis import clock
from sandbox import scenario
from sandbox.scenario import files

SIGNATURE = "云上百货"
"""Under which the complaints that are filed singly say that they were sent."""

_people = count()


@dataclass(frozen=True)
class Input:
    """A register, and complaints about its ports and others."""

    ports: Path
    complaints: Path


def prepare(directory: Path, given: Path | None, complaints: int, first_seed: int = 1) -> Input:
    """The input of the folder `given`, or so many made-up complaints in `directory`. The scenarios from `first_seed` on
    have people and numbers of their own."""
    if given is not None:
        return Input(given / "ports.csv", given / "complaints.ndjson.gz")
    directory.mkdir(parents=True, exist_ok=True)
    made = Input(directory / "ports.csv", directory / "complaints.ndjson.gz")
    header, rows, lines = _made_up(clock.now(), complaints, first_seed)
    made.ports.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    write_complaints(made.complaints, lines)
    return made


def write_complaints(file: Path, lines: list[dict[str, Any]]) -> None:
    """Complaints as a channel hands them in: one JSON object a line, packed."""
    with gzip.open(file, "wt", encoding="utf-8", compresslevel=1) as opened:
        opened.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def write_ports(file: Path, rows: list[dict[str, Any]]) -> None:
    """Ports as a carrier hands them in."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def complaint(sender: str) -> dict[str, Any]:
    """A complaint of some minutes ago about an advertisement, by somebody who never complained before."""
    now = clock.now()
    return {
        "channel": "app",
        "complainant_number": f"157{next(_people):08d}",
        "sender_number": sender,
        "text": f"【{SIGNATURE}】本周全场五折，满三百减一百，点击领取优惠券，退订回T",
        "sent_at": (now - timedelta(minutes=10)).isoformat(),
        "received_at": (now - timedelta(minutes=5)).isoformat(),
        "external_id": str(uuid.uuid4()),
        "complainant_province": "440000",
    }


def scenarios(now: datetime, first_seed: int) -> Iterator[tuple[list[dict[str, str]], list[dict[str, Any]]]]:
    """The ports and complaints of one scenario after the other, without end; ids of complaints tell which they are
    of."""
    for seed in count(first_seed):
        made = scenario.generate(now, seed)
        ports = list(csv.DictReader(files.ports_csv(made).decode().splitlines()))
        yield ports, [asdict(each) | {"external_id": f"{seed}-{each.external_id}"} for each in made.complaints]


def _made_up(now: datetime, complaints: int, first_seed: int) -> tuple[str, list[str], list[dict[str, Any]]]:
    rows: dict[str, str] = {}
    lines: list[dict[str, Any]] = []
    header = ""
    for ports, said in scenarios(now, first_seed):
        header = ",".join(ports[0])
        for port in ports:
            rows.setdefault(port["number"], ",".join(port.values()))
        lines += said
        if len(lines) >= complaints:
            break
    return header, list(rows.values()), lines[:complaints]
