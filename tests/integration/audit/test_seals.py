"""Entries of the audit log are sealed once, after they are committed, and every later change is found and named."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa

from anning.operations import Operator
from chassis import audit, merkle, metrics, seals
from chassis.database import Database, Tx
from chassis.ids import new_id
from chassis.seals import FIRST, DifferenceError, Verified, verify
from standalone.system import ROOT
from tests.integration.audit.conftest import NAME

STAFF = Operator("s-1", "regulator:MIIT")
Tamper = Callable[..., None]


def act(tx: Tx, number: int) -> None:
    audit.record(tx, STAFF, "listing-confirmed", f"entry:{number}", f"reason {number}")


def enter(database: Database, *numbers: int) -> None:
    for number in numbers:
        with database.begin() as tx:
            act(tx, number)


def seal(database: Database, limit: int = 100) -> int:
    with database.begin() as tx:
        return seals.seal(tx, limit)


def verified(database: Database, noted: bytes | None = None) -> Verified:
    with database.read() as read:
        return verify(read, noted)


def difference(database: Database) -> str:
    with pytest.raises(DifferenceError) as raised:
        verified(database)
    return str(raised.value)


def sealed(database: Database) -> list[tuple[Any, ...]]:
    """The first and the last place of each seal, and the objects of its entries."""
    statement = sa.text(
        'SELECT "from", "to", (SELECT array_agg(object ORDER BY place)'
        " FROM unnest(entries) WITH ORDINALITY AS e(id, place) JOIN audit_log USING (id))"
        ' FROM audit_seals ORDER BY "from"'
    )
    with database.read() as read:
        return [tuple(row) for row in read.execute(statement)]


def identifier(database: Database, number: int) -> UUID:
    with database.read() as read:
        statement = sa.text("SELECT id FROM audit_log WHERE object = :object")
        found: UUID = read.execute(statement, {"object": f"entry:{number}"}).scalar_one()
        return found


@pytest.fixture
def chain(database: Database) -> Database:
    """Six entries in three seals."""
    for first in (1, 3, 5):
        enter(database, first, first + 1)
        assert seal(database) == 2
    assert verified(database).seals == 3
    return database


def test_committed_entries_are_sealed_once_and_no_seal_is_empty(database: Database) -> None:
    assert verified(database) == Verified(0, 0, 0, FIRST)
    enter(database, 1, 2, 3)
    assert verified(database).waiting == 3
    assert [seal(database, limit=2), seal(database), seal(database)] == [2, 1, 0]
    assert sealed(database) == [(1, 2, ["entry:1", "entry:2"]), (3, 3, ["entry:3"])]
    assert (verified(database).entries, verified(database).seals, verified(database).waiting) == (3, 2, 0)


def test_an_entry_that_commits_late_is_sealed_later(database: Database) -> None:
    with database.begin() as late:
        act(late, 1)
        enter(database, 2)
        assert seal(database) == 1
        assert verified(database).entries == 1
    assert seal(database) == 1
    assert sealed(database) == [(1, 1, ["entry:2"]), (2, 2, ["entry:1"])]
    assert verified(database).entries == 2


def test_an_entry_that_is_rolled_back_is_not_sealed(database: Database) -> None:
    with database.begin() as tx:
        act(tx, 1)
        tx.connection.rollback()
    assert seal(database) == 0


def test_one_worker_seals_at_a_time_and_no_act_waits_for_it(database: Database) -> None:
    enter(database, 1)
    with database.begin() as tx:
        assert seals.seal(tx, 100) == 1
        enter(database, 2)
        assert seal(database) == 0
    assert seal(database) == 1
    assert sealed(database) == [(1, 1, ["entry:1"]), (2, 2, ["entry:2"])]


def test_the_age_of_the_oldest_unsealed_entry_is_measured(database: Database, tamper: Tamper) -> None:
    def age() -> float:
        with database.read() as read:
            seals.measure_unsealed(read)
        return float(metrics.AUDIT_UNSEALED_AGE._value.get())

    assert age() == 0
    enter(database, 1)
    tamper("UPDATE audit_unsealed SET since = since - interval '61 seconds'")
    assert 61 < age() < 120
    seal(database)
    assert age() == 0


@pytest.mark.parametrize("table", ["audit_log", "audit_seals"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}", "ALTER TABLE {} DISABLE TRIGGER ALL", "DROP TABLE {}"],
)
def test_the_role_of_the_service_adds_and_reads_only(chain: Database, table: str, statement: str) -> None:
    column = "subject" if table == "audit_log" else "merkle_root"
    with psycopg.connect(chain.conninfo) as service:
        assert service.execute(f"SELECT FROM {table}".encode()).rowcount > 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.execute(statement.format(table, column, column).encode())


# ------------------------------------------------------------------------------------------------------- tampering


def test_a_changed_entry_is_named(chain: Database, tamper: Tamper) -> None:
    changed = identifier(chain, 4)
    tamper("UPDATE audit_log SET subject = 's-2' WHERE id = %s", changed)
    tamper("UPDATE audit_log SET reason = 'another' WHERE object = 'entry:6'")
    assert difference(chain) == f"entry {changed}, number 4, was changed"


@pytest.mark.parametrize("column", ["at", "subject", "org", "act", "object", "reason", "before_digest", "after_digest"])
def test_every_column_of_an_entry_is_sealed(chain: Database, tamper: Tamper, column: str) -> None:
    others = {"at": "at + interval '1 microsecond'", "before_digest": "''", "after_digest": "''"}
    tamper(f"UPDATE audit_log SET {column} = {others.get(column, repr('x'))} WHERE object = 'entry:1'")
    assert difference(chain).endswith("number 1, was changed")


def test_a_removed_entry_is_named(chain: Database, tamper: Tamper) -> None:
    removed = identifier(chain, 3)
    tamper("DELETE FROM audit_log WHERE id = %s", removed)
    assert difference(chain) == f"entry {removed}, number 3, was removed"


def test_an_inserted_entry_is_named(chain: Database, tamper: Tamper) -> None:
    inserted = new_id()
    tamper("INSERT INTO audit_log SELECT %s, at, 's-2', org, act, object, reason FROM audit_log LIMIT 1", inserted)
    assert difference(chain) == f"entry {inserted} was inserted without a seal, or its seal was removed"


def test_an_entry_that_is_taken_from_the_queue_is_named(chain: Database) -> None:
    """The service may do that: its sealer takes entries from the queue."""
    enter(chain, 7)
    with chain.begin() as tx:
        tx.execute(audit.AUDIT_UNSEALED.delete())
    assert difference(chain).startswith(f"entry {identifier(chain, 7)} was inserted without a seal")


def test_the_service_cannot_put_a_table_of_its_own_in_place_of_the_queue(chain: Database) -> None:
    with chain.begin() as tx:
        tx.execute(sa.text("CREATE TEMPORARY TABLE audit_unsealed (entry uuid) ON COMMIT DROP"))
        tx.execute(sa.text("SET LOCAL search_path = pg_temp, public"))
        act(tx, 7)
    assert seal(chain) == 1
    assert verified(chain).entries == 7


def test_an_entry_that_is_removed_before_its_seal_stays_in_the_queue(chain: Database, tamper: Tamper) -> None:
    enter(chain, 7)
    tamper("DELETE FROM audit_log WHERE object = 'entry:7'")
    assert seal(chain) == 0
    assert verified(chain).waiting == 1


@pytest.mark.parametrize(
    "change",
    [
        '"to" = 5',
        "rows = 3",
        "rows = 2, entries = entries[1:1]",
        "merkle_root = sha256(merkle_root)",
        "leaves[2] = sha256('')",
        'leaves = leaves[1:1], rows = 1, "to" = 3, entries = entries[1:1]',
    ],
)
def test_a_changed_seal_is_named(chain: Database, tamper: Tamper, change: str) -> None:
    tamper(f'UPDATE audit_seals SET {change} WHERE "from" = 3')
    assert difference(chain) == "the seal of the entries from 3 on was changed"


def test_a_seal_that_does_not_continue_the_one_before_it_is_named(chain: Database, tamper: Tamper) -> None:
    tamper('UPDATE audit_seals SET previous = sha256(previous) WHERE "from" = 3')
    assert difference(chain).startswith("the seal of the entries from 3 on does not continue the one before it")


def test_an_entry_that_is_changed_with_its_whole_seal_breaks_the_chain(chain: Database, tamper: Tamper) -> None:
    tamper("UPDATE audit_log SET subject = 's-2' WHERE object = 'entry:3'")
    with chain.read() as read:
        entries = read.execute(sa.text("SELECT * FROM audit_log WHERE object IN ('entry:3', 'entry:4') ORDER BY id"))
        leaves = [merkle.leaf_hash(audit.encoded(entry._asdict())) for entry in entries]
    forged = 'UPDATE audit_seals SET leaves = %s, merkle_root = %s WHERE "from" = 3'
    tamper(forged, leaves, merkle.root_hash(leaves))
    assert difference(chain).startswith("the seal of the entries from 5 on does not continue the one before it")


@pytest.mark.parametrize(
    ("first", "named"),
    [
        (1, "the seal of the entries from 1 on was removed"),
        (3, "the seal of the entries from 3 on was removed"),
        (5, "was inserted without a seal, or its seal was removed"),
    ],
)
def test_a_removed_seal_is_named(chain: Database, tamper: Tamper, first: int, named: str) -> None:
    tamper('DELETE FROM audit_seals WHERE "from" = %s', first)
    assert named in difference(chain)


def test_a_chain_that_was_written_again_does_not_have_the_noted_seal(chain: Database, tamper: Tamper) -> None:
    noted = verified(chain).last
    enter(chain, 7)
    seal(chain)
    assert verified(chain, noted).seals == 4
    for first in (7, 5):
        tamper('DELETE FROM audit_seals WHERE "from" = %s', first)
    for number in (5, 6, 7):
        tamper("DELETE FROM audit_log WHERE object = %s", f"entry:{number}")
    assert verified(chain).seals == 2
    with pytest.raises(DifferenceError, match="no seal has the noted hash"):
        verified(chain, noted)


# ----------------------------------------------------------------------------------------------------- the command


def anning(database: Database, *options: str) -> subprocess.CompletedProcess[str]:
    unused = {
        "ANNING_KAFKA": "k",
        "ANNING_KAFKA_USERNAME": "n",
        "ANNING_KAFKA_PASSWORD_FILE": "p",
        "ANNING_ISSUER": "i",
        "ANNING_JWKS_URL": "j",
    }
    return subprocess.run(
        [sys.executable, "-m", "anning", "audit", "verify", NAME, *options],
        env=os.environ | unused | {"ANNING_DATABASE_URL": database.conninfo},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_command_verifies_and_exits_with_1_where_something_differs(chain: Database, tamper: Tamper) -> None:
    last = verified(chain).last.hex()
    done = anning(chain, "--seal", last)
    assert done.returncode == 0, done.stderr
    assert "6 entries in 3 seals are as they were sealed" in done.stdout
    assert f"0 wait for their seal; the last seal is {last}" in done.stdout

    assert anning(chain, "--seal", "no hash").returncode == 2
    tamper("UPDATE audit_log SET reason = 'another' WHERE object = 'entry:2'")
    done = anning(chain)
    assert done.returncode == 1
    assert "number 2, was changed" in done.stdout
