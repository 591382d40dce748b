from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
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
from tests.integration.imports.conftest import Sender, letters_file
from tests.parcels.service import rows

ATTEMPTS = len(RETRY_AFTER) + 1


def test_workers_share_the_chunks_of_one_file(staff: Sender, database: Database, small_chunks: int) -> None:
    addresses = [staff.sent(letters_file([f"w{number % 300}" for number in range(400)])) for _ in range(2)]
    workers = [threading.Thread(target=letters.sweep, args=(database,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    letters.sweep(database)
    told = [staff.look(address) for address in addresses]
    assert [each["state"] for each in told] == ["finished", "finished"]
    assert sum(each["accepted"] for each in told) == 300
    assert all(each["lines_read"] == each["accepted"] + each["duplicates"] + each["rejected"] == 400 for each in told)
    [row] = rows(database, "SELECT count(*) FROM letters WHERE number LIKE 'w%'")
    assert row[0] == 300


def test_a_chunk_that_another_worker_has_is_left_to_it(staff: Sender, database: Database, small_chunks: int) -> None:
    address = staff.sent(letters_file([f"skip{number}" for number in range(2 * small_chunks)]))
    run = import_sweep(letters.IMPORTER).run
    with database.begin() as first:
        assert run(first, Slice(1)) == 1
        with database.begin() as second:
            assert run(second, Slice(1)) == 1
            with database.begin() as third:
                # Both are taken, neither is done: there is nothing to work on, and nothing to finish.
                assert run(third, Slice(1)) == 0
    letters.sweep(database)
    assert staff.look(address)["accepted"] == 2 * small_chunks


def test_an_import_tells_how_far_it_is(staff: Sender, database: Database, small_chunks: int) -> None:
    address = staff.sent(letters_file([f"far{number}" for number in range(25)]))
    letters.sweep_once(database)
    told = staff.look(address)
    assert (told["state"], told["lines"], told["lines_read"], told["accepted"]) == ("running", 25, 10, 10)
    letters.sweep(database)
    told = staff.look(address)
    assert (told["state"], told["lines_read"], told["accepted"]) == ("finished", 25, 25)


def test_what_lines_lead_to_is_caused_by_their_import(
    staff: Sender, database: Database, published: list[Recorded]
) -> None:
    address = staff.sent(letters_file(["caused"], text="announced"))
    published.clear()
    letters.sweep(database)
    assert [event.cause.correlation_id for event in published] == [address.rpartition("/")[2]]


def fail(database: Database, attempts: int) -> None:
    """Sweep until nothing is due, then again after the next rest, and so on."""
    at = clock.now()
    for rest in (timedelta(), *RETRY_AFTER[: attempts - 1]):
        at += rest + timedelta(milliseconds=1)
        with clock.frozen(at):
            letters.sweep(database)


def test_a_chunk_that_keeps_failing_fails_its_import_visibly_and_is_resumed_by_staff(
    carrier: Sender, staff: Sender, database: Database, small_chunks: int, published: list[Recorded]
) -> None:
    content = letters_file([f"f{number}" for number in range(9)], "announced") + letters_file(["f9"], "broken")
    address = carrier.sent(content + letters_file([f"f{number}" for number in range(10, 30)]))
    published.clear()
    letters.faults.texts.add("broken")
    fail(database, ATTEMPTS - 1)
    waiting = carrier.look(address)
    assert (waiting["state"], waiting["accepted"], waiting["failure"]) == ("running", 20, None)

    fail(database, ATTEMPTS)
    failed = carrier.look(address)
    assert (failed["state"], failed["accepted"], failed["finished_at"]) == ("failed", 20, None)
    assert failed["failure"].startswith("10 lines from line 1 on: RuntimeError: cannot take 'broken'")
    assert "13800138000" not in failed["failure"]
    # Nothing of the chunk is left behind, not even what it would have published.
    assert published == []
    [row] = rows(database, "SELECT count(*) FROM letters WHERE import_id = :id", id=failed["id"])
    assert row[0] == 20

    letters.faults.texts.clear()
    with clock.shifted(timedelta(days=1)):
        letters.sweep(database)
    assert carrier.look(address)["state"] == "failed"
    assert carrier.resume(address).status_code == 403
    answer = staff.resume(address, "the handler is mended")
    assert (answer.status_code, answer.json()["state"], answer.json()["failure"]) == (200, "running", None)
    assert staff.resume(address).status_code == 409
    letters.sweep(database)
    assert (carrier.look(address)["state"], carrier.look(address)["accepted"]) == ("finished", 30)
    assert len(published) == 1
    [note] = rows(database, "SELECT act, reason FROM audit_log WHERE object = :object", object=f"import:{failed['id']}")
    assert tuple(note) == ("import-resumed", "the handler is mended")


def test_a_chunk_that_fails_holds_up_no_other_file(staff: Sender, database: Database) -> None:
    letters.faults.texts.add("broken")
    broken, good = staff.sent(letters_file(["h1"], "broken")), staff.sent(letters_file(["h2"]))
    letters.sweep(database)
    assert [staff.look(address)["state"] for address in (broken, good)] == ["received", "finished"]


def test_an_importer_that_forgets_lines_is_not_believed(staff: Sender, database: Database) -> None:
    address = staff.sent(letters_file(["u1", "u1"]))
    letters.faults.forgets_lines = True
    fail(database, ATTEMPTS)
    told = staff.look(address)
    assert told["state"] == "failed"
    assert "2 lines were applied, but 1 have an outcome" in told["failure"]
    assert rows(database, "SELECT 1 FROM letters WHERE number = 'u1'") == []


def test_a_file_whose_key_is_gone_fails_and_goes_on_when_it_is_back(
    staff: Sender, database: Database, ring: KeyRing
) -> None:
    address = staff.sent(letters_file(["lost"]))
    privacy.configure(KeyRing({"other": b"o" * 32}, "other", b"f" * 32))
    fail(database, ATTEMPTS)
    assert "UndecipherableError" in staff.look(address)["failure"]
    privacy.configure(ring)
    staff.resume(address)
    letters.sweep(database)
    assert staff.look(address)["state"] == "finished"


def test_a_passing_fault_of_the_database_does_not_count_as_a_failure(
    staff: Sender, database: Database, new_database: Callable[[str], str]
) -> None:
    address = staff.sent(letters_file(["lock1"]))
    hasty = Database(database.url.render_as_string(hide_password=False), lock_timeout_ms=50)
    with database.begin() as tx:
        tx.copy("letters", ("number", "text", "import_id", "line"), [("lock1", "", address.rpartition("/")[2], 1)])
        with pytest.raises(Exception, match="lock timeout"), hasty.begin() as other:
            import_sweep(letters.IMPORTER).run(other, Slice(1))
    hasty.close()
    [chunk] = rows(
        database,
        "SELECT attempts FROM import_chunks WHERE import_id = cast(:id AS uuid)",
        id=address.rpartition("/")[2],
    )
    assert chunk.attempts == 0
    letters.sweep(database)
    assert staff.look(address)["duplicates"] == 1


def test_an_import_is_finished_though_its_workers_are_killed_again_and_again(
    staff: Sender, database: Database, database_url: str, keys: Path, small_chunks: int
) -> None:
    numbers = [f"kill{number % 700}" for number in range(900)]
    content = letters_file(numbers) + b"no json\n" * 7 + letters_file(["kill0"], "another text")
    address = staff.sent(content)
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
        told = staff.look(address)
        assert told["state"] in ("received", "running")
        assert told["lines_read"] == told["accepted"] + told["duplicates"] + told["rejected"]
    letters.sweep(database)
    told = staff.look(address)
    assert told["state"] == "finished"
    assert (told["lines_read"], told["accepted"], told["duplicates"], told["rejected"]) == (908, 700, 200, 8)
    assert len(staff.errors(address)) == 8
    [row] = rows(database, "SELECT count(*), count(DISTINCT number) FROM letters WHERE number LIKE 'kill%'")
    assert tuple(row) == (700, 700)
    assert rows(database, "SELECT 1 FROM import_chunks WHERE content IS NOT NULL AND done_at IS NOT NULL") == []
