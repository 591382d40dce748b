from __future__ import annotations

import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from chassis import clock, privacy
from chassis.aggregate import Recorded
from chassis.database import Database
from chassis.imports import import_sweep
from chassis.imports.sweep import RETRY_AFTER
from chassis.privacy import KeyRing
from chassis.sweeper import Slice
from tests.integration.imports import letters, sweeper_process
from tests.integration.imports.conftest import Client, letters_file
from tests.parcels.service import rows

ATTEMPTS = len(RETRY_AFTER) + 1


def test_workers_share_the_chunks_of_one_file(staff: Client, database: Database, small_chunks: int) -> None:
    paths = [staff.create_import(letters_file([f"w{number % 300}" for number in range(400)])) for _ in range(2)]
    workers = [threading.Thread(target=letters.sweep, args=(database,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    letters.sweep(database)
    imports = [staff.get_import(path) for path in paths]
    assert [each["state"] for each in imports] == ["finished", "finished"]
    assert sum(each["accepted"] for each in imports) == 300
    assert all(
        each["lines_read"] == each["accepted"] + each["duplicates"] + each["rejected"] == 400 for each in imports
    )
    [row] = rows(database, "SELECT count(*) FROM letters WHERE number LIKE 'w%'")
    assert row[0] == 300


def test_a_chunk_locked_by_another_worker_is_skipped(staff: Client, database: Database, small_chunks: int) -> None:
    path = staff.create_import(letters_file([f"skip{number}" for number in range(2 * small_chunks)]))
    run = import_sweep(letters.IMPORTER).run
    with database.begin() as first:
        assert run(first, Slice(1)) == 1
        with database.begin() as second:
            assert run(second, Slice(1)) == 1
            with database.begin() as third:
                # Both chunks are locked and neither is done: nothing can be processed or finished.
                assert run(third, Slice(1)) == 0
    letters.sweep(database)
    assert staff.get_import(path)["accepted"] == 2 * small_chunks


def test_an_import_reports_its_progress(staff: Client, database: Database, small_chunks: int) -> None:
    path = staff.create_import(letters_file([f"far{number}" for number in range(25)]))
    letters.sweep_once(database)
    imported = staff.get_import(path)
    assert (imported["state"], imported["lines"], imported["lines_read"], imported["accepted"]) == (
        "running",
        25,
        10,
        10,
    )
    letters.sweep(database)
    imported = staff.get_import(path)
    assert (imported["state"], imported["lines_read"], imported["accepted"]) == ("finished", 25, 25)


def test_events_of_lines_are_caused_by_their_import(
    staff: Client, database: Database, published: list[Recorded]
) -> None:
    path = staff.create_import(letters_file(["caused"], text="announced"))
    published.clear()
    letters.sweep(database)
    assert [event.cause.correlation_id for event in published] == [path.rpartition("/")[2]]


def fail(database: Database, attempts: int) -> None:
    """Sweep until nothing is due, and again after each pause, for this number of attempts."""
    at = clock.now()
    for pause in (timedelta(), *RETRY_AFTER[: attempts - 1]):
        at += pause + timedelta(milliseconds=1)
        with clock.frozen(at):
            letters.sweep(database)


def test_a_line_at_which_the_system_fails_is_rejected_and_the_others_are_applied(
    carrier: Client, database: Database, published: list[Recorded]
) -> None:
    around = [f"f{number}" for number in range(9)], [f"f{number}" for number in range(9, 29)]
    content = letters_file(around[0], "announced") + letters_file(["broken"], "broken") + letters_file(around[1])
    path = carrier.create_import(content)
    published.clear()
    letters.faults.texts.add("broken")
    letters.sweep(database)
    imported = carrier.get_import(path)
    assert (imported["state"], imported["accepted"], imported["rejected"]) == ("finished", 29, 1)
    assert carrier.errors(path) == [(10, "failed")]
    [shown] = rows(database, "SELECT detail FROM import_errors WHERE import_id = :id", id=imported["id"])
    assert not {"RuntimeError", "apply", "broken", "13800138000"} & set(re.findall(r"\w+", shown.detail))
    [row] = rows(database, "SELECT count(*) FROM letters WHERE import_id = :id", id=imported["id"])
    assert row[0] == 29
    # The letters are announced in the parts of lines 1 to 7 and 8 to 9; nothing is published of parts that failed.
    assert len(published) == 2

    letters.faults.texts.clear()
    again = carrier.create_import(content + b"\n")
    letters.sweep(database)
    imported = carrier.get_import(again)
    assert (imported["accepted"], imported["duplicates"], imported["rejected"]) == (1, 29, 0)


def test_lines_of_one_key_keep_their_order_around_a_failing_line(staff: Client, database: Database) -> None:
    content = letters_file(["key"], "first") + letters_file(["other"], "broken") + letters_file(["key"], "second")
    path = staff.create_import(content)
    letters.faults.texts.add("broken")
    letters.sweep(database)
    assert staff.errors(path) == [(2, "failed"), (3, "other-text")]
    [row] = rows(database, "SELECT text FROM letters WHERE number = 'key'")
    assert row.text == "first"


def test_a_chunk_of_which_every_line_fails_is_retried_before_its_lines_are_rejected(
    staff: Client, database: Database
) -> None:
    content = letters_file(["e1", "e2", "e3"], "broken")
    passing, lasting = staff.create_import(content), staff.create_import(content + b"\n")
    letters.faults.texts.add("broken")
    letters.sweep(database)
    assert [staff.get_import(path)["state"] for path in (passing, lasting)] == ["received", "received"]
    fail(database, ATTEMPTS)
    assert [staff.get_import(path)["rejected"] for path in (passing, lasting)] == [3, 3]


def test_a_failing_line_does_not_block_other_files(staff: Client, database: Database) -> None:
    letters.faults.texts.add("broken")
    broken, good = staff.create_import(letters_file(["h1"], "broken")), staff.create_import(letters_file(["h2"]))
    letters.sweep(database)
    assert [staff.get_import(path)["state"] for path in (broken, good)] == ["finished", "finished"]
    assert [staff.get_import(path)["rejected"] for path in (broken, good)] == [1, 0]


def test_lines_without_an_outcome_are_rejected(staff: Client, database: Database) -> None:
    path = staff.create_import(letters_file(["u1", "u1", "u2"]))
    letters.faults.omits_outcomes = True
    letters.sweep(database)
    imported = staff.get_import(path)
    assert (imported["state"], imported["accepted"], imported["rejected"]) == ("finished", 2, 1)
    assert staff.errors(path) == [(2, "failed")]


def test_a_chunk_that_cannot_be_read_fails_its_import_visibly_until_staff_resume_it(
    carrier: Client, staff: Client, database: Database, ring: KeyRing, small_chunks: int
) -> None:
    path = carrier.create_import(letters_file([f"g{number}" for number in range(30)]))
    letters.sweep_once(database)
    privacy.configure(KeyRing({"other": b"o" * 32}, "other", b"f" * 32))
    fail(database, ATTEMPTS - 1)
    waiting = carrier.get_import(path)
    assert (waiting["state"], waiting["accepted"], waiting["failure"]) == ("running", 10, None)

    fail(database, ATTEMPTS)
    failed = carrier.get_import(path)
    assert (failed["state"], failed["accepted"], failed["finished_at"]) == ("failed", 10, None)
    assert failed["failure"].startswith("10 lines from line ")
    assert "Error" not in failed["failure"]

    privacy.configure(ring)
    with clock.shifted(timedelta(days=1)):
        letters.sweep(database)
    assert carrier.get_import(path)["state"] == "failed"
    assert carrier.resume(path).status_code == 403
    response = staff.resume(path, "the key is back")
    assert (response.status_code, response.json()["state"], response.json()["failure"]) == (200, "running", None)
    assert staff.resume(path).status_code == 409
    letters.sweep(database)
    assert (carrier.get_import(path)["state"], carrier.get_import(path)["accepted"]) == ("finished", 30)
    [entry] = rows(
        database, "SELECT act, reason FROM audit_log WHERE object = :object", object=f"import:{failed['id']}"
    )
    assert tuple(entry) == ("import-resumed", "the key is back")


def attempts_of(database: Database, path: str) -> list[int]:
    """The failed attempts of each chunk of an import."""
    statement = "SELECT attempts FROM import_chunks WHERE import_id = cast(:id AS uuid)"
    return [row.attempts for row in rows(database, statement, id=path.rpartition("/")[2])]


def test_a_chunk_with_a_locked_row_is_retried_as_a_whole(
    staff: Client, database: Database, new_database: Callable[[str], str]
) -> None:
    path = staff.create_import(letters_file(["lock1"]))
    impatient = Database(database.url.render_as_string(hide_password=False), lock_timeout_ms=50)
    with database.begin() as tx:
        tx.copy("letters", ("number", "text", "import_id", "line"), [("lock1", "", path.rpartition("/")[2], 1)])
        with impatient.begin() as other:
            import_sweep(letters.IMPORTER).run(other, Slice(1))
    impatient.close()
    assert attempts_of(database, path) == [1]
    with clock.shifted(RETRY_AFTER[0]):
        letters.sweep(database)
    assert staff.get_import(path)["duplicates"] == 1


@contextmanager
def refusing(database: Database, number: str, fault: str) -> Iterator[None]:
    """Let the database refuse the letter with this number."""
    body = f"BEGIN IF NEW.number = '{number}' THEN {fault}; END IF; RETURN NEW; END"
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER refusing AFTER INSERT ON letters DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    try:
        yield
    finally:
        with database.engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION refuse CASCADE")


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])
def test_a_line_that_always_loses_against_another_transaction_is_rejected_at_last(
    staff: Client, database: Database, state: str
) -> None:
    numbers = [f"{state}-{index}" for index in range(9)]
    path = staff.create_import(letters_file(numbers))
    with refusing(database, numbers[4], f"RAISE EXCEPTION USING ERRCODE = '{state}'"):
        for attempt in range(len(RETRY_AFTER) + 1):
            assert attempts_of(database, path) == [attempt]
            with clock.shifted(timedelta(minutes=2 * attempt)):
                letters.sweep(database)
    read = staff.get_import(path)
    assert (read["state"], read["accepted"], read["rejected"]) == ("finished", 8, 1)


def test_a_line_that_a_deferred_constraint_refuses_is_rejected_alone(staff: Client, database: Database) -> None:
    numbers = [f"deferred-{index}" for index in range(9)]
    path = staff.create_import(letters_file(numbers))
    with refusing(database, numbers[4], "RAISE EXCEPTION 'no such letter'"):
        letters.sweep(database)
    read = staff.get_import(path)
    assert (read["state"], read["accepted"], read["rejected"]) == ("finished", 8, 1)


def test_an_import_is_finished_although_its_workers_are_killed_repeatedly(
    staff: Client, database: Database, database_url: str, keys: Path, small_chunks: int
) -> None:
    numbers = [f"kill{number % 700}" for number in range(900)]
    content = letters_file(numbers) + b"no json\n" * 7 + letters_file(["kill0"], "another text")
    path = staff.create_import(content)
    command = [sys.executable, "-m", sweeper_process.__name__, database_url, str(keys), "0.05"]
    for _ in range(3):
        workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == b"ready\n"
        for worker in workers:
            time.sleep(random.uniform(0.02, 0.3))
            worker.kill()
        for worker in workers:
            worker.communicate()
        imported = staff.get_import(path)
        assert imported["state"] in ("received", "running")
        assert imported["lines_read"] == imported["accepted"] + imported["duplicates"] + imported["rejected"]
    letters.sweep(database)
    imported = staff.get_import(path)
    assert imported["state"] == "finished"
    assert (imported["lines_read"], imported["accepted"], imported["duplicates"], imported["rejected"]) == (
        908,
        700,
        200,
        8,
    )
    assert len(staff.errors(path)) == 8
    [row] = rows(database, "SELECT count(*), count(DISTINCT number) FROM letters WHERE number LIKE 'kill%'")
    assert tuple(row) == (700, 700)
    assert rows(database, "SELECT 1 FROM import_chunks WHERE content IS NOT NULL AND done_at IS NOT NULL") == []
