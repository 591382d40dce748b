"""`filing`, `filing_pss_mib_max`: a carrier's whole register by bulk, and what memory that takes."""

from __future__ import annotations

import time
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path

import psycopg

from benchmarks.credit_codes import credit_codes
from benchmarks.floor import copy_anew
from benchmarks.memory import Peak
from benchmarks.results import Result, patiently
from benchmarks.stage import PAUSE, Stage

ENTERPRISES = 2_000
FLOOR = 100_000
"""How many of the rows the floor copies at most."""


def measure(stage: Stage) -> list[Result]:
    """Ports per second until each is in the register and its declaration in the outbox, while no other service works;
    the floor is a COPY of the same rows into ports, filings and outbox (two facts of each). The peak is of the
    processes of ports.
    """
    file = stage.directory / "register.csv"
    _write(file, stage.sizes.ports)
    processes = [stage.system.processes[f"ports {role}"] for role in ("api", "worker")]
    with stage.alone("ports"):
        since = stage.now("ports")
        began = time.monotonic()
        with Peak(processes) as peak:
            handed_in = stage.hand_in("ports", "/filing-imports", file, "text/csv")
            patiently(lambda: stage.imported("ports", handed_in), pause=PAUSE, seconds=1_200)
        seconds = time.monotonic() - began
        counts = stage.imported("ports", handed_in)
        if counts is None or counts["accepted"] != stage.sizes.ports:
            raise RuntimeError(f"ports were not filed: {counts}")
        least = _floor(stage, since)
    return [
        Result.against("filing", stage.sizes.ports / seconds, "ports/s", least),
        Result.alone("filing_pss_mib_max", peak.mib, "MiB"),
    ]


def _write(file: Path, ports: int) -> None:
    """A register of one carrier: its ports are many enterprises'."""
    codes = list(credit_codes(ENTERPRISES + 1))
    holder, providers = codes[0], islice(cycle(codes[1:]), ports)
    with file.open("w", encoding="utf-8") as opened:
        opened.write("number,carrier,province,holder_uscc,holder_name,provider_uscc,provider_name,signature,purpose,")
        opened.write("declared_from,covers_extensions\n")
        for number, provider in enumerate(providers):
            opened.write(
                f"10690888{number:07d},CMCC,,{holder},子虚短信技术有限公司,{provider},乌有{provider[8:16]}有限公司,"
                f"乌有{provider[8:16]},marketing,2026-05-01,false\n"
            )


def _floor(stage: Stage, since: datetime) -> float:
    with psycopg.connect(stage.database_url("ports")) as database:
        wanted = {"since": since, "limit": FLOOR}
        rows = {table: database.execute(statement, wanted).fetchall() for table, statement in _ROWS.items()}
        began = time.monotonic()
        for table, copied in rows.items():
            copy_anew(database, table, copied)
        rate = len(rows["ports"]) / (time.monotonic() - began)
        database.execute("DROP TABLE floor_filings, floor_ports, floor_outbox")
    return rate


_ROWS = {
    "ports": """SELECT ports.* FROM ports JOIN filings ON port_id = ports.id
        WHERE recorded_at >= %(since)s ORDER BY filings.id LIMIT %(limit)s""",
    "filings": "SELECT * FROM filings WHERE recorded_at >= %(since)s ORDER BY id LIMIT %(limit)s",
    "outbox": "SELECT * FROM outbox WHERE created_at >= %(since)s ORDER BY position LIMIT 2 * %(limit)s",
}
