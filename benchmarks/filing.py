"""`filing`, `filing_pss_mib_max`: the rate and the memory of a bulk filing of a carrier's whole register."""

from __future__ import annotations

import time
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path

import psycopg

from benchmarks.credit_codes import credit_codes
from benchmarks.floor import copy_rows
from benchmarks.memory import PeakMemory
from benchmarks.results import Result
from benchmarks.testbed import Testbed

ENTERPRISES = 2_000
FLOOR = 100_000
"""The maximum count of rows that the floor copies."""


def measure(testbed: Testbed) -> list[Result]:
    """Ports per second until each is in the register and its events are in the outbox, while no other worker runs. The
    floor is a COPY of the same rows into ports, filings and outbox (three events per port). The peak is of the
    processes of ports.
    """
    file = testbed.directory / "register.csv"
    _write(file, testbed.sizes.ports)
    processes = [testbed.system.processes[f"ports {role}"] for role in ("api", "worker")]
    with testbed.only_workers_of("ports"):
        since = testbed.now("ports")
        began = time.monotonic()
        with PeakMemory(processes) as peak:
            register = testbed.upload("ports", "/filing-imports", file, "text/csv", "carrier:CMCC")
            testbed.wait_until(lambda: testbed.imported("ports", register))
        seconds = time.monotonic() - began
        counts = testbed.imported("ports", register)
        if counts is None or counts["accepted"] != testbed.sizes.ports:
            raise RuntimeError(f"ports were not filed: {counts}")
        floor_rate = _floor(testbed, since)
    return [
        Result.against("filing", testbed.sizes.ports / seconds, "ports/s", floor_rate),
        Result.alone("filing_pss_mib_max", peak.mib, "MiB"),
    ]


def _write(file: Path, ports: int) -> None:
    """Write a register of one carrier with the ports of many enterprises."""
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


def _floor(testbed: Testbed, since: datetime) -> float:
    with psycopg.connect(testbed.system.owner_url("ports")) as database:
        parameters = {"since": since, "limit": FLOOR}
        rows = {table: database.execute(statement, parameters).fetchall() for table, statement in _ROWS.items()}
        began = time.monotonic()
        for table, copied in rows.items():
            copy_rows(database, table, copied)
        rate = len(rows["ports"]) / (time.monotonic() - began)
        database.execute("DROP TABLE floor_filings, floor_ports, floor_outbox")
    return rate


_ROWS = {
    "ports": """SELECT ports.* FROM ports JOIN filings ON port_id = ports.id
        WHERE recorded_at >= %(since)s ORDER BY filings.id LIMIT %(limit)s""",
    "filings": "SELECT * FROM filings WHERE recorded_at >= %(since)s ORDER BY id LIMIT %(limit)s",
    "outbox": "SELECT * FROM outbox WHERE created_at >= %(since)s ORDER BY position LIMIT 3 * %(limit)s",
}
