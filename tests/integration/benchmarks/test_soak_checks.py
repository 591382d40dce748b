"""A soak detects a real loss and a real duplicate, and does not judge while an import is open."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from anning.services import NAMES, load, load_all
from benchmarks import soak_checks, testbed
from benchmarks.soak_checks import Databases
from chassis import migrations
from standalone.system import System

COMPLAINTS = 20
"""Half of them are about ports."""


@pytest.fixture(scope="module")
def urls(new_database: Callable[[str], str]) -> dict[str, str]:
    """The migrated databases of the services, without rows and without constraints of their own.

    Without constraints: the checks must not rely on them.
    """
    found = {name: new_database(name) for name in NAMES}
    for name, url in found.items():
        migrations.upgrade(load(name), url)
        with psycopg.connect(url) as connection:
            for table, constraint in connection.execute(_CONSTRAINTS).fetchall():
                statement = sql.SQL("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {} CASCADE")
                connection.execute(statement.format(sql.Identifier(table), sql.Identifier(constraint)))
            for (index,) in connection.execute(_UNIQUE).fetchall():
                connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))
            for table, column in connection.execute(_NOT_NULL).fetchall():
                statement = sql.SQL("ALTER TABLE {} ALTER {} DROP NOT NULL")
                connection.execute(statement.format(sql.Identifier(table), sql.Identifier(column)))
    return found


_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f', 'c')
"""
_UNIQUE = """
    SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class c ON c.oid = indrelid
    WHERE relnamespace = 'public'::regnamespace AND indisunique
"""
_NOT_NULL = """
    SELECT attrelid::regclass::text, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND attnotnull AND NOT attisdropped
        AND attidentity = ''
"""


@pytest.fixture
def databases(urls: dict[str, str]) -> Iterator[dict[str, psycopg.Connection[Any]]]:
    """Connections to the databases after a soak; what a test changes is rolled back."""
    with ExitStack() as stack:
        opened = {name: stack.enter_context(psycopg.connect(url)) for name, url in urls.items()}
        for number in range(COMPLAINTS):
            _file(opened, number, "declared" if number % 2 else "p2p")
        yield opened
        for each in opened.values():
            each.rollback()


def _file(databases: Databases, number: int, kind: str) -> None:
    """A complaint that is filed, assessed, published and consumed."""
    row = {"id": uuid.UUID(int=number), "external": f"soak-{number}", "kind": kind, "number": f"1069{number}"}
    databases["complaints"].execute(
        "INSERT INTO complaints (id, channel, external_id, kind) VALUES (%(id)s, 'app', %(external)s, %(kind)s)", row
    )
    databases["complaints"].execute(
        "INSERT INTO outbox (aggregateid, type, version) VALUES (%(id)s::text, 'complaint-assessed.v1', 1)", row
    )
    databases["referrals"].execute("INSERT INTO evidence (complaint_id) VALUES (%(id)s)", row)
    if kind == "declared":
        databases["ports"].execute("INSERT INTO evidence (complaint_id) VALUES (%(id)s)", row)
        databases["ports"].execute(
            "INSERT INTO orders (carrier, number, state) VALUES ('CMCC', %(number)s, 'ordered')", row
        )


SENT = {f"app soak-{number}" for number in range(COMPLAINTS)}


def broken(databases: Databases) -> dict[str, str]:
    """What the checks find, by condition."""
    return {each.what: each.found for each in soak_checks.lost_and_duplicated(databases, SENT) if not each.met}


def test_a_soak_without_loss_passes(databases: Databases) -> None:
    assert broken(databases) == {}


ONE = "complaint_id = '00000000-0000-0000-0000-000000000003'"
COPY_OF_EVIDENCE = f"INSERT INTO evidence SELECT * FROM evidence WHERE {ONE}"


@pytest.mark.parametrize(
    ("service", "change", "condition", "found"),
    [
        (
            "complaints",
            "DELETE FROM complaints WHERE external_id = 'soak-4'",
            "accepted complaints in complaints",
            "19 of 20; 1 lost, 0 duplicated, 0 unexpected",
        ),
        (
            "complaints",
            "INSERT INTO complaints SELECT * FROM complaints WHERE external_id = 'soak-4'",
            "accepted complaints in complaints",
            "21 of 20; 0 lost, 1 duplicated, 0 unexpected",
        ),
        (
            "complaints",
            "DELETE FROM outbox WHERE aggregateid LIKE '%7'",
            "complaints assessed in the outbox",
            "19 of 20; 1 lost, 0 duplicated, 0 unexpected",
        ),
        (
            "referrals",
            f"DELETE FROM evidence WHERE {ONE}",
            "complaints in the evidence of referrals",
            "19 of 20; 1 lost, 0 duplicated, 0 unexpected",
        ),
        (
            "referrals",
            COPY_OF_EVIDENCE,
            "complaints in the evidence of referrals",
            "21 of 20; 0 lost, 1 duplicated, 0 unexpected",
        ),
        (
            "ports",
            f"DELETE FROM evidence WHERE {ONE}",
            "complaints about ports in the evidence of ports",
            "9 of 10; 1 lost, 0 duplicated, 0 unexpected",
        ),
        (
            "ports",
            COPY_OF_EVIDENCE,
            "complaints about ports in the evidence of ports",
            "11 of 10; 0 lost, 1 duplicated, 0 unexpected",
        ),
        (
            "ports",
            "INSERT INTO orders (carrier, number, state) VALUES ('CMCC', '10693', 'executed')",
            "at most one order per port",
            "11 of 10; 0 lost, 1 duplicated, 0 unexpected",
        ),
    ],
)
def test_a_soak_detects_each_loss_and_each_duplicate(
    databases: Databases, service: str, change: str, condition: str, found: str
) -> None:
    databases[service].execute(sql.SQL(change))
    assert broken(databases)[condition] == found


def test_nothing_is_judged_while_an_import_is_open(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soaked = testbed.Testbed(System(tmp_path, load_all()), testbed.Sizes(0, 0))
    monkeypatch.setitem(vars(soaked), "databases", databases)
    # At this moment every line that was read is assessed, published and consumed.
    monkeypatch.setattr(testbed.Testbed, "_all_consumed", lambda _: True)
    databases["complaints"].execute("UPDATE outbox SET published_at = now()")
    databases["complaints"].execute("UPDATE complaints SET state = 'assessed'")
    judged = [soaked.consumed]
    for service in ("complaints", "ports", "referrals"):
        databases[service].execute("INSERT INTO imports (state) VALUES ('received')")
        judged.append(soaked.consumed)
        databases[service].execute("UPDATE imports SET state = 'finished'")
        judged.append(soaked.consumed)
    assert judged == [True] + [False, True] * 3
