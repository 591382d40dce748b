"""`growth`: the rate of the chain with ten times as many stored complaints."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg

from anning.services import NAMES
from benchmarks import load
from benchmarks.chain import run_through
from benchmarks.results import Result
from benchmarks.testbed import Testbed

COMPLAINTS = 40_000
"""The maximum count of complaints in each measurement."""
SEEDS = (200_000, 300_000)
"""Seeds of the measured scenarios: their people and numbers occur nowhere else."""
TIMES = 10

Changes = Mapping[str, str]
"""The changed columns of the copy numbered `n`: an SQL expression by column."""


def measure(testbed: Testbed) -> list[Result]:
    """The rate of the chain with ten times the stored data, as a share of the rate before.

    The data of the earlier measurements is copied within the four databases. Each copy has other ids, numbers and
    people, is a day older than the previous one, and has no pending work.
    """
    if _stored(testbed) < testbed.sizes.complaints:
        with testbed.sandbox_paused():
            run_through(testbed, testbed.source.complaints)
    count = min(COMPLAINTS, testbed.sizes.complaints)
    few, many = (load.prepare(testbed.directory / f"growth-{seed}", None, count, seed) for seed in SEEDS)
    for each in (few, many):
        testbed.file_register(each)
    with testbed.sandbox_paused():
        testbed.settle()
        _vacuum(testbed)
        before = _run_through(testbed, few)
        _multiply(testbed, max(1, round(TIMES * testbed.sizes.complaints / _stored(testbed)) - 1))
        _vacuum(testbed)
        after = _run_through(testbed, many)
    testbed.settle()
    return [Result.alone("growth", after / before, "share")]


def _run_through(testbed: Testbed, source: load.Input) -> float:
    print(f"  with {_stored(testbed):,} complaints stored:", end="", flush=True)
    return run_through(testbed, source.complaints)


def _stored(testbed: Testbed) -> int:
    row = testbed.databases["complaints"].execute("SELECT count(*) FROM complaints").fetchone()
    assert row is not None
    return int(row[0])


def _vacuum(testbed: Testbed) -> None:
    """Vacuum, analyse and write a checkpoint now, so that this does not happen during a measurement."""
    for name in NAMES:
        testbed.databases[name].execute("VACUUM ANALYZE")
    with psycopg.connect(testbed.system.postgres.url(), autocommit=True) as superuser:
        superuser.execute("CHECKPOINT")


# -------------------------------------------------------------------------------------------------------- copies


def _multiply(testbed: Testbed, copies: int) -> None:
    began = time.monotonic()

    def fill(service: str) -> None:
        for table, changes in (*_TABLES[service].items(), *_MECHANISM.items()):
            _copy(testbed, service, table, changes, copies)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(fill, NAMES))
    print(f"  {copies} copies made in {time.monotonic() - began:.0f} s")


def _copy(testbed: Testbed, service: str, table: str, changes: Changes, copies: int) -> None:
    database = testbed.databases[service]
    columns = [
        name
        for (name,) in database.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " AND attidentity = ''",
            (table,),
        )
    ]
    values = [changes.get(column, column) for column in columns]
    database.execute(
        f"INSERT INTO {table} ({', '.join(columns)})"
        f" SELECT {', '.join(values)} FROM {table}, generate_series(1, {copies}) n"
    )


def _older(column: str) -> str:
    """Another id, as if created `n` days earlier (a UUIDv7 begins with its time)."""
    digits = f"replace({column}::text, '-', '')"
    milliseconds = f"('x' || left({digits}, 12))::bit(48)::bigint - n * 86400000"
    return f"(lpad(to_hex({milliseconds}), 12, '0') || substr({digits}, 13))::uuid"


def _another(column: str) -> str:
    """Another random id."""
    return f"md5({column}::text || n)::uuid"


def _longer(column: str) -> str:
    """A unique text, by eight further digits: for numbers, keys and subjects."""
    return f"{column} || lpad(n::text, 8, '0')"


_PERSON = {"complainant": _another("complainant"), "complainant_also": _another("complainant_also")}

_TABLES: Mapping[str, Mapping[str, Changes]] = {
    "complaints": {
        "complaints": {
            "id": _older("id"),
            "external_id": _longer("external_id"),
            "sender_number": _longer("sender_number"),
            "complainant_id": _another("complainant_id"),
            "receipt_digest": "sha256(receipt_digest || n::text::bytea)",
        },
        "vouched_complaints": {
            "complainant_id": _another("complainant_id"),
            "complaint_id": _older("complaint_id"),
        },
        "assessments": {"complaint_id": _older("complaint_id")},
    },
    "ports": {
        "senders": {"number": _longer("number")},
        "evidence": {"complaint_id": _older("complaint_id"), "number": _longer("number"), **_PERSON},
        "orders": {
            "id": _older("id"),
            "number": _longer("number"),
            "state": "'executed'",
            "executed_at": "ordered_at",
            "due_at": "NULL",
        },
        "enquiries": {
            "id": _older("id"),
            "number": _longer("number"),
            "state": "'unanswered'",
            "unanswered_at": "sent_at",
        },
    },
    "referrals": {
        "subjects": {"value": _longer("value")},
        "evidence": {
            "complaint_id": _older("complaint_id"),
            "clue_id": _older("clue_id"),
            "subject_value": _longer("subject_value"),
            "number": _longer("number"),
            "complainant": _another("complainant"),
        },
        "clues": {"id": _older("id"), "subject_value": _longer("subject_value"), "due_at": "NULL"},
    },
    "credit": {
        "clues": {"id": _older("id")},
        "orders": {"id": _older("id"), "number": _longer("number"), "code": _longer("code")},
    },
}
_MECHANISM: Mapping[str, Changes] = {
    "outbox": {"id": _older("id"), "aggregateid": _longer("aggregateid"), "key": _longer("key")},
    "inbox": {"event_id": _older("event_id")},
}
