"""What the measurements put in: a register and complaints, made up from the sandbox's scenario, or real input."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from chassis import clock
from sandbox import scenario
from sandbox.scenario import files


def prepare(directory: Path, given: Path | None, complaints: int) -> Path:
    """A folder with ports.csv and complaints.ndjson.gz: that of `given`, or about so many made-up complaints."""
    directory.mkdir(parents=True, exist_ok=True)
    if given is not None:
        for name in ("ports.csv", "complaints.ndjson.gz"):
            shutil.copy(given / name, directory / name)
        return directory
    now = clock.now()
    header, rows, lines = _made_up(now, complaints)
    (directory / "ports.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    with gzip.open(directory / "complaints.ndjson.gz", "wt", encoding="utf-8", compresslevel=1) as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return directory


def _made_up(now: datetime, complaints: int) -> tuple[str, list[str], list[dict[str, object]]]:
    """Scenarios with other numbers each, one after the other; ids of complaints tell which they are of."""
    rows: dict[str, str] = {}
    lines: list[dict[str, object]] = []
    header = ""
    seed = 0
    while len(lines) < complaints:
        seed += 1
        made = scenario.generate(now, seed)
        header, *filed = files.ports_csv(made).decode().splitlines()
        for row in filed:
            rows.setdefault(row.partition(",")[0], row)
        for each in made.complaints:
            line = asdict(each)
            line["external_id"] = f"{seed}-{each.external_id}"
            lines.append(line)
    return header, list(rows.values()), lines[:complaints]
