"""`growth`: how fast the chain still is when ten times as many complaints are stored."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg

from anning.services import NAMES
from benchmarks import load
from benchmarks.chain import run_through
from benchmarks.results import Result
from benchmarks.stage import Stage

COMPLAINTS = 40_000
"""How many run through at each fill, at most."""
SEEDS = (200_000, 300_000)
"""Of the scenarios that run through: other people and numbers than anywhere else."""
TIMES = 10

Changes = Mapping[str, str]
"""What is another in the copy numbered `n`: an expression by column."""


def measure(stage: Stage) -> list[Result]:
    """The rate of the chain when everything is stored ten times over, as a share of the rate before.

    What is stored is what the chain (and what was measured before) left; it is multiplied within the four databases,
    each copy with other ids, numbers and people, a day older than the one before, and with nothing left to do.
    """
    if _stored(stage) < stage.sizes.complaints:
        with stage.undisturbed():
            run_through(stage, stage.source.complaints)
    some = min(COMPLAINTS, stage.sizes.complaints)
    few, many = (load.prepare(stage.directory / f"growth-{seed}", None, some, seed) for seed in SEEDS)
    for each in (few, many):
        stage.file_register(each)
    with stage.undisturbed():
        stage.settle()
        _tidy(stage)
        before = _run_through(stage, few)
        _multiply(stage, max(1, round(TIMES * stage.sizes.complaints / _stored(stage)) - 1))
        _tidy(stage)
        after = _run_through(stage, many)
    stage.settle()
    return [Result.alone("growth", after / before, "share")]


def _run_through(stage: Stage, made: load.Input) -> float:
    print(f"  with {_stored(stage):,} complaints stored:", end="", flush=True)
    return run_through(stage, made.complaints)


def _stored(stage: Stage) -> int:
    row = stage.databases["complaints"].execute("SELECT count(*) FROM complaints").fetchone()
    assert row is not None
    return int(row[0])


def _tidy(stage: Stage) -> None:
    """What autovacuum and the checkpointer would do while something is measured is done before."""
    for name in NAMES:
        stage.databases[name].execute("VACUUM ANALYZE")
    with psycopg.connect(stage.system.postgres.url(), autocommit=True) as superuser:
        superuser.execute("CHECKPOINT")


# -------------------------------------------------------------------------------------------------------- copies


def _multiply(stage: Stage, copies: int) -> None:
    began = time.monotonic()

    def fill(service: str) -> None:
        for table, changes in (*_TABLES[service].items(), *_MECHANISM.items()):
            _copy(stage, service, table, changes, copies)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(fill, NAMES))
    print(f"  {copies} copies made in {time.monotonic() - began:.0f} s")


def _copy(stage: Stage, service: str, table: str, changes: Changes, copies: int) -> None:
    database = stage.databases[service]
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
    """Another id, which sorts where it would had it been given `n` days before (a UUIDv7 begins with its time)."""
    digits = f"replace({column}::text, '-', '')"
    milliseconds = f"('x' || left({digits}, 12))::bit(48)::bigint - n * 86400000"
    return f"(lpad(to_hex({milliseconds}), 12, '0') || substr({digits}, 13))::uuid"


def _another(column: str) -> str:
    """Another random id."""
    return f"md5({column}::text || n)::uuid"


def _longer(column: str) -> str:
    """A text of its own: a number with more digits than any has, a key, a subject."""
    return f"{column} || lpad(n::text, 8, '0')"


_PERSON = {"complainant": _another("complainant"), "complainant_also": _another("complainant_also")}

_TABLES: Mapping[str, Mapping[str, Changes]] = {
    "complaints": {
        "complainants": {"fingerprint": "sha256(fingerprint || n::text::bytea)", "id": _another("id")},
        "surrogates": {"complainant_id": _another("complainant_id"), "id": _another("id")},
        "complaints": {
            "id": _older("id"),
            "external_id": _longer("external_id"),
            "sender_number": _longer("sender_number"),
            "complainant_id": _another("complainant_id"),
            "receipt": _longer("receipt"),
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
