"""A backup that is taken while complaints flow, restored into a new system."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from anning.backups.sources import variable
from anning.services import NAMES, load_all
from chassis.events import access
from standalone.system import LOAD, ROOT, System
from tests.faults.running import OFFICER, PATIENCE_SECONDS, RunningSystem, eventually
from tests.faults.workload import BAR, Complaint, complaint

pytestmark = pytest.mark.timeout(600)

SHUT, OPEN = "1069037200001", "1069037200002"


def anning(system: System, user: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run an operator's command in an environment with the settings of all services, as a user of the broker."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANNING_")}
    environment |= system.kafka.broker(user).variables
    for service in NAMES:
        own = system.owner_environment(service)
        environment["ANNING_TOPICS_FILE"] = own["ANNING_TOPICS_FILE"]
        environment[variable(service, "OWNER_DATABASE_URL")] = own["ANNING_OWNER_DATABASE_URL"]
        if "ANNING_KEYS_FILE" in own:
            environment[variable(service, "KEYS_FILE")] = own["ANNING_KEYS_FILE"]
    return subprocess.run(
        [sys.executable, "-m", "anning", *command],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
    )  # fmt: skip


def lift_order(restored: RunningSystem) -> bool:
    """Lift the order, in whatever state it is: its id decides whether and when the carrier executes it. False where the
    carrier has acted between the two requests."""
    with restored.api_for("ports", OFFICER) as http:
        (order,) = http.get("/orders", params={"number": SHUT}).json()["items"]
        lifted = http.post(
            f"/orders/{order['id']}/lifting", json={"reason": "核查无误"}, headers={"If-Match": f'"{order["version"]}"'}
        )
    assert lifted.status_code in (200, 412), lifted.text
    return lifted.status_code == 200


@pytest.fixture(scope="module")
def acknowledged(running: RunningSystem) -> dict[str, Complaint]:
    """Complaints that were filed before the backup began, by id."""
    running.file_ports([SHUT, OPEN])
    sent = [complaint(f"shut-{person}", SHUT, person) for person in range(BAR)]
    filed = dict(zip(running.file(*sent), sent, strict=True))
    running.settle()
    return filed


@pytest.fixture(scope="module")
def backup(
    running: RunningSystem, acknowledged: dict[str, Complaint], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A backup that was taken while complaints were filed."""
    folder, ended = tmp_path_factory.mktemp("backup") / "today", threading.Event()
    assert acknowledged

    def file_on() -> None:
        person = 0
        while not ended.wait(0.02):
            person += 1
            running.file(complaint(f"meanwhile-{person}", f"10690373{person % 7:05}", person))

    filing = threading.Thread(target=file_on)
    filing.start()
    try:
        done = anning(running.system, access.BACKUP, "backup", str(folder))
    finally:
        ended.set()
        filing.join()
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """PostgreSQL and Kafka without data."""
    system = System(tmp_path_factory.mktemp("restored"), load_all(), rule_packs=LOAD)
    try:
        system.start_infrastructure()
        yield system
    finally:
        system.stop()


def test_a_damaged_backup_and_one_of_a_later_release_are_refused(backup: Path, empty: System, tmp_path: Path) -> None:
    damaged, later = tmp_path / "damaged", tmp_path / "later"
    for copy in (damaged, later):
        shutil.copytree(backup, copy)
    with (damaged / "ports.dump").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")
    manifest = json.loads((later / "manifest.json").read_text())
    manifest["revisions"]["ports"] = "9999"
    (later / "manifest.json").write_text(json.dumps(manifest))
    reasons = {damaged: "ports.dump is missing or damaged", later: "later release", tmp_path: "not a backup"}
    for folder, reason in reasons.items():
        refused = anning(empty, access.OPERATOR, "restore", str(folder))
        assert (refused.returncode, refused.stdout) == (1, "")
        assert reason in refused.stderr


def test_a_system_with_data_is_not_overwritten(backup: Path, running: RunningSystem) -> None:
    refused = anning(running.system, access.OPERATOR, "restore", str(backup))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "is not empty" in refused.stderr
    assert anning(running.system, access.BACKUP, "backup", str(backup)).returncode == 1


def test_no_process_of_a_service_has_the_password_of_an_owner(running: RunningSystem) -> None:
    passwords = [str(conninfo_to_dict(running.system.owner_url(name))["password"]) for name in NAMES]
    for name, process in running.system.processes.items():
        environment = Path(f"/proc/{process.pid}/environ").read_text()
        assert "PATH=" in environment
        assert [each for each in passwords if each in environment] == [], name


def test_a_backup_contains_keys_and_can_be_read_by_its_owner_only(backup: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0
    assert {file.stat().st_mode & 0o777 for file in backup.iterdir()} == {0o600}


def test_a_restored_system_has_all_of_the_backup_once_and_continues(
    backup: Path, empty: System, acknowledged: dict[str, Complaint]
) -> None:
    done = anning(empty, access.OPERATOR, "restore", str(backup))
    assert done.returncode == 0, done.stderr
    empty.stop()
    empty.start()
    restored = RunningSystem(empty)
    restored.settle()
    filed = restored.rows("complaints", "SELECT id::text FROM complaints WHERE sender_number LIKE '106903%'")
    assert {each for (each,) in filed} >= acknowledged.keys()
    evidence = "SELECT complaint_id::text FROM evidence WHERE number LIKE '106903%'"
    assert sorted(restored.rows("ports", evidence)) == sorted(filed)
    copied = restored.rows("complaints", "SELECT filing FROM register_filings")
    assert sorted(copied) == sorted(restored.rows("ports", "SELECT id FROM filings WHERE port_id IS NOT NULL"))
    eventually(lambda: restored.one("ports", "SELECT count(*) FROM orders WHERE number = %s", SHUT) == 1)

    # The keys are those of the backup: a complaint that is sent again is recognised by its complainant.
    with restored.filing() as http:
        answers = [http.post("/complaints", json=each) for each in acknowledged.values()]
    assert [each.status_code for each in answers] == [200] * BAR
    # Versions continue: what the restored producers publish is newer than what consumers have.
    restored.file(*(complaint(f"open-{person}", OPEN, person) for person in range(BAR)))
    eventually(lambda: lift_order(restored))
    restored.settle()
    assert restored.rows("ports", "SELECT state FROM orders WHERE number = %s", OPEN) != []
    assert restored.rows("credit", "SELECT fallen FROM orders WHERE number = %s", SHUT) == [(True,)]
