"""The secrets of an installation: made once, each in the folder of those that read it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chassis.privacy import KeyRing
from deploy import install

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")

SERVICES = ("complaints", "complaints-owner", "ports", "ports-owner")
FILES = {
    "postgres/password": install.POSTGRES_UID,
    "databases/pgpass": install.ANNING_UID,
    "kafka/jaas.conf": install.KAFKA_UID,
    "kafka/client.properties": install.KAFKA_UID,
    "broker/kafka-password": install.ANNING_UID,
    **{f"{each}/kafka-password": install.ANNING_UID for each in SERVICES},
    "complaints/pgpass": install.ANNING_UID,
    "complaints-owner/pgpass": install.ANNING_UID,
    "ports/pgpass": install.ANNING_UID,
    "ports-owner/pgpass": install.ANNING_UID,
    "complaints-keys/keys.json": install.ANNING_UID,
    "sandbox/clients.json": install.ANNING_UID,
    "sandbox/key.json": install.ANNING_UID,
}


def contents(directory: Path) -> dict[str, str]:
    """Every file, by its path."""
    return {str(each.relative_to(directory)): each.read_text() for each in directory.rglob("*") if each.is_file()}


def test_each_secret_belongs_to_the_user_that_reads_it(tmp_path: Path) -> None:
    install.into(tmp_path, ["complaints", "ports"], ["complaints"])

    assert contents(tmp_path).keys() == FILES.keys()
    for name, uid in FILES.items():
        status = (tmp_path / name).stat()
        assert (status.st_uid, status.st_mode & 0o777) == (uid, 0o600), name
        assert (tmp_path / name).parent.stat().st_mode & 0o777 == 0o700


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    install.into(tmp_path, ["complaints"], ["complaints"])
    before = contents(tmp_path)
    install.into(tmp_path, ["complaints"], ["complaints"])

    assert contents(tmp_path) == before


def test_the_databases_are_created_with_the_password_of_the_server(tmp_path: Path) -> None:
    install.into(tmp_path, ["ports"], [])

    password = (tmp_path / "postgres/password").read_text()
    assert (tmp_path / "databases/pgpass").read_text() == f"postgres:5432:*:postgres:{password}\n"


def test_the_key_ring_of_an_earlier_release_is_kept(tmp_path: Path) -> None:
    """It is where all secrets of a service were; a new one could decrypt nothing that is stored."""
    earlier = tmp_path / "complaints/keys.json"
    earlier.parent.mkdir()
    KeyRing.create(earlier)
    keys = earlier.read_text()

    install.into(tmp_path, ["complaints"], ["complaints"])

    assert (tmp_path / "complaints-keys/keys.json").read_text() == keys
    assert not earlier.exists()
