"""The content of complaints is encrypted under the data key of its quarter and class, which can be destroyed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from chassis import clock, data_keys, privacy
from chassis.data_keys import KeyInUseError, keys_to_read, keys_to_write
from chassis.ids import new_id
from chassis.privacy import UndecipherableError
from chassis.sweeper import Slice
from services.complaints.store.contents import CLASSES
from services.complaints.sweeps import SEAL_COMPLAINTS
from tests.integration.complaints.scenes import COMPLAINANT, NUMBER, TEXT, TYPED, Office, found_in_database, report

ROOT = Path(__file__).parents[3]
SPRING = "2026Q2"
IN_SPRING, IN_SUMMER = datetime(2026, 6, 2, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
Command = Callable[..., tuple[int, str]]


def fresh(path: Path) -> privacy.KeyRing:
    """The ring of another process."""
    return privacy.KeyRing.load(path)


@pytest.fixture
def keys_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "keys.json"
    monkeypatch.setattr(privacy, "_ring", privacy.KeyRing.create(path))
    return path


def file_at(office: Office, moment: datetime, external_id: str) -> str:
    with clock.frozen(moment):
        return str(office.file(external_id, sender_number=TYPED)["id"])


def destroy(office: Office, quarter: str, kind: str) -> bool:
    with office.database.begin() as tx:
        return data_keys.destroy(tx, quarter, kind)


def reveal(office: Office, complaint: str) -> dict[str, str]:
    wanted = office.request_reveal(complaint)
    office.decide(wanted)
    answer = office.disclose(wanted)
    found: dict[str, str] = answer.json()
    return found | {"status": str(answer.status_code)}


def test_neither_the_text_nor_the_sender_as_typed_nor_the_number_is_in_the_database(office: Office) -> None:
    identifier = file_at(office, IN_SPRING, "app-1")
    office.import_lines(report("app-2", sender_number=TYPED))
    for secret in (TEXT, TYPED, COMPLAINANT):
        assert found_in_database(office, secret) == []
    assert office.complaint(identifier)["sender"]["number"] == NUMBER
    assert reveal(office, identifier)["text"] == TEXT
    made = {(row.quarter, row.kind) for row in office.rows("SELECT quarter, class AS kind FROM data_keys")}
    assert {(SPRING, kind) for kind in CLASSES} < made


def test_of_many_at_once_one_makes_the_key_and_all_use_it(office: Office, keys_file: Path) -> None:
    together = Barrier(4)

    def encrypt(_: int) -> bytes | None:
        with office.database.begin() as tx:
            together.wait()
            return keys_to_write(tx, SPRING, ["text"]).encrypt((SPRING, "text"), b"plain", b"row")

    with ThreadPoolExecutor(4) as pool:
        sealed = list(pool.map(encrypt, range(4)))
    with office.database.read() as read:
        keys = keys_to_read(read, [SPRING])
        assert [keys.decrypt((SPRING, "text"), each, b"row") for each in sealed] == [b"plain"] * 4
        with pytest.raises(UndecipherableError):
            keys.decrypt((SPRING, "text"), sealed[0], b"another row")
        with pytest.raises(UndecipherableError):
            keys.decrypt((SPRING, "number"), sealed[0], b"row")


def test_a_key_outlives_the_transaction_that_needed_it_first(office: Office, keys_file: Path) -> None:
    with office.database.begin() as tx:
        keys_to_write(tx, SPRING, CLASSES)
        tx.connection.get_transaction().rollback()  # type: ignore[union-attr]
    identifier = file_at(office, IN_SPRING, "app-1")
    privacy.configure(fresh(keys_file))
    assert office.complaint(identifier)["text"] is not None


def test_a_rotated_ring_wraps_all_data_keys_again_and_running_processes_go_on(office: Office, keys_file: Path) -> None:
    running = privacy.ring()
    before = office.file()
    rotated = privacy.KeyRing.rotate(keys_file)
    with office.database.begin() as tx:
        assert data_keys.rewrap(tx, rotated) == len(CLASSES)
        assert data_keys.rewrap(tx, rotated) == 0
    assert {row.wrapped_by for row in office.rows("SELECT wrapped_by FROM data_keys")} == {rotated.current}
    assert privacy.ring() is running
    assert reveal(office, before["id"])["complainant_number"] == COMPLAINANT
    assert office.post("/complaints", report()).json()["receipt"] == before["receipt"]
    assert keys_file.stat().st_mode & 0o777 == 0o600


def test_a_destroyed_key_erases_its_class_of_its_quarter_and_nothing_else(office: Office, keys_file: Path) -> None:
    old, new = file_at(office, IN_SPRING, "app-1"), file_at(office, IN_SUMMER, "app-2")
    office.assess()
    assert destroy(office, SPRING, "text")
    assert not destroy(office, SPRING, "text")
    shown = office.complaint(old)
    assert (shown["text"], shown["state"], shown["assessment"]["category"]) == (None, "assessed", "commercial")
    assert office.complaint(new)["text"] is not None
    assert reveal(office, old) == {"complainant_number": COMPLAINANT, "text": None, "status": "200"}
    destroy(office, SPRING, "number")
    refused = reveal(office, old)
    assert (refused["status"], refused["type"]) == ("410", "/problems/erased")
    assert reveal(office, new)["complainant_number"] == COMPLAINANT


def test_a_waiting_complaint_whose_text_is_erased_lapses_and_stops_no_other(office: Office, keys_file: Path) -> None:
    old, new = file_at(office, IN_SPRING, "app-1"), file_at(office, IN_SUMMER, "app-2")
    destroy(office, SPRING, "text")
    assert office.assess() == 2
    assert [office.complaint(each)["state"] for each in (old, new)] == ["withdrawn", "assessed"]
    assert office.assess() == 0


def test_a_key_in_use_cannot_be_destroyed_and_a_destroyed_one_is_not_made_again(
    office: Office, keys_file: Path
) -> None:
    with clock.frozen(datetime(2026, 7, 1, 15, 59, tzinfo=UTC)), pytest.raises(KeyInUseError):
        destroy(office, SPRING, "text")
    with clock.frozen(datetime(2026, 7, 1, 16, 0, tzinfo=UTC)):
        assert destroy(office, SPRING, "text")
    with office.database.begin() as tx:
        keys = keys_to_write(tx, SPRING, CLASSES)
    assert keys.encrypt((SPRING, "text"), b"plain", b"row") is None
    assert keys.encrypt((SPRING, "number"), b"plain", b"row") is not None


def seal(office: Office) -> int:
    with office.database.begin() as tx:
        return SEAL_COMPLAINTS.run(tx, Slice(1_000))


def test_the_content_of_the_last_release_is_read_and_then_encrypted(office: Office, keys_file: Path) -> None:
    complaints = [file_at(office, IN_SPRING, "app-1"), file_at(office, IN_SUMMER, "app-2")]
    for each in complaints:
        office.leave_in_clear(each)
    before = [office.complaint(each) for each in complaints]
    assert reveal(office, complaints[0])["complainant_number"] == COMPLAINANT
    assert (seal(office), seal(office)) == (2, 0)
    assert [office.complaint(each) for each in complaints] == before
    assert [reveal(office, each)["text"] for each in complaints] == [TEXT, TEXT]
    for secret in (TEXT, TYPED):
        assert found_in_database(office, secret) == []
    assert office.assess() == 2


def test_content_in_clear_of_a_quarter_whose_key_is_destroyed_is_erased(office: Office, keys_file: Path) -> None:
    identifier = file_at(office, IN_SPRING, "app-1")
    office.leave_in_clear(identifier)
    destroy(office, SPRING, "text")
    assert seal(office) == 1
    assert office.complaint(identifier)["text"] is None
    assert reveal(office, identifier)["complainant_number"] == COMPLAINANT
    assert found_in_database(office, TEXT) == []


def test_no_complaint_waits_for_a_row_that_cannot_be_encrypted(office: Office, keys_file: Path) -> None:
    complaints = [file_at(office, IN_SPRING, "app-1"), file_at(office, IN_SPRING, "app-2")]
    for each in complaints:
        office.leave_in_clear(each)
    with office.database.begin() as tx:
        tx.execute(
            sa.text("UPDATE complaints SET number_cipher = :no WHERE id = :id"), {"no": b"x", "id": complaints[0]}
        )
    with pytest.raises(UndecipherableError):
        seal(office)
    with office.database.begin() as tx:
        assert SEAL_COMPLAINTS.apply(tx, [complaints[1], str(new_id())]) == 1


@pytest.fixture
def command(office: Office, keys_file: Path) -> Command:
    """Runs `anning keys` as an operator does; returns the exit code and what is printed."""
    unused = {
        "ANNING_KAFKA": "k",
        "ANNING_KAFKA_USERNAME": "u",
        "ANNING_KAFKA_PASSWORD_FILE": "p",
        "ANNING_ISSUER": "i",
        "ANNING_JWKS_URL": "j",
    }
    used = {"ANNING_DATABASE_URL": office.database.conninfo, "ANNING_KEYS_FILE": str(keys_file)}

    def run(*arguments: str) -> tuple[int, str]:
        line = [sys.executable, "-m", "anning", "keys", *arguments]
        done = subprocess.run(
            line, env=os.environ | unused | used, cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    return run


def test_an_operator_rotates_and_destroys_with_a_reason_that_the_audit_log_keeps(
    office: Office, command: Command
) -> None:
    identifier = file_at(office, IN_SPRING, "app-1")
    assert command("rotate", "complaints", "--reason", "once a year")[0] == 0
    assert reveal(office, identifier)["complainant_number"] == COMPLAINANT
    assert command("destroy", "complaints", SPRING, "number", "--reason", "the term is over")[0] == 0
    assert reveal(office, identifier)["status"] == "410"
    listed = command("list", "complaints")[1]
    assert f"{SPRING}  number" in listed
    assert "destroyed" in listed
    assert "wrapped by k2" in listed
    acts = "SELECT act, object, reason FROM audit_log WHERE org = 'operator' ORDER BY id"
    assert [tuple(row) for row in office.rows(acts)] == [
        ("keys-rotated", "key:k2", "once a year"),
        ("key-destroyed", f"data-key:{SPRING}:number", "the term is over"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        ("destroy", "complaints", "2099Q1", "text", "--reason", "too early"),
        ("destroy", "complaints", "2026-1", "text", "--reason", "no quarter"),
        ("destroy", "complaints", SPRING, "texts", "--reason", "no class"),
        ("destroy", "complaints", SPRING, "text", "--reason", " "),
        ("destroy", "ports", SPRING, "text", "--reason", "no data keys"),
    ],
)
def test_a_wrong_command_changes_nothing(
    office: Office, command: Command, keys_file: Path, wrong: tuple[str, ...]
) -> None:
    identifier, before = file_at(office, IN_SPRING, "app-1"), keys_file.read_bytes()
    assert command(*wrong)[0] == 2
    assert keys_file.read_bytes() == before
    assert office.complaint(identifier)["text"] is not None
