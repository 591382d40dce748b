"""Backups of databases and topics without running services: what is refused, and what a restore changes."""

from __future__ import annotations

import gzip
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic import command
from kafka import TopicPartition

from anning.backups import taking
from anning.backups.restoring import restore
from anning.backups.sources import BackupError, Source, Sources, run_program
from anning.backups.taking import take
from anning.operations import Operator
from anning.services import NAMES, load
from chassis import audit, migrations, seals
from chassis.database import Database
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue
from chassis.ids import new_id
from chassis.privacy import KeyRing
from standalone.system import ROOT
from tests.parts.protocols import Kafka

TOPICS_FILE = ROOT / "contracts" / "topics.yaml"
STANDINGS, COMPLAINTS = "credit.standings.v1", "complaints.complaints.v1"
HEADER = ("content-type", b"application/cloudevents+json; charset=utf-8")
EARLIER = {"complaints": "0007"}
"""The revision of the backed-up databases where it is not the newest one: a backup of an earlier release."""

Prepare = Callable[[str], Sources]


def rows(sources: Sources, service: str, statement: str, *parameters: Any) -> list[Any]:
    (source,) = (each for each in sources.services if each.service == service)
    with psycopg.connect(source.owner_url, autocommit=True) as connection:
        result = connection.execute(statement.encode(), parameters or None)
        return result.fetchall() if result.description else []


@contextmanager
def opened(sources: Sources, service: str) -> Iterator[Database]:
    (source,) = (each for each in sources.services if each.service == service)
    with closing(Database(source.owner_url, pool=1)) as database:
        yield database


def upgrade(service: str, url: str, revision: str) -> None:
    database = Database(url, pool=1)
    with closing(database), database.engine.connect() as connection:
        config = migrations.config(load(service))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@pytest.fixture(scope="module")
def prepare(
    new_database: Callable[[str], str], kafka: Kafka, module_prefix: str, tmp_path_factory: pytest.TempPathFactory
) -> Prepare:
    """Makes a system without data: name → its databases, at the newest revision, key ring and prefix of topics."""

    def make(name: str, revisions: dict[str, str] | None = None) -> Sources:
        folder = tmp_path_factory.mktemp(name)
        made = []
        for service in NAMES:
            url = new_database(f"{name}_{service}")
            upgrade(service, url, (revisions or {}).get(service, "head"))
            keys = folder / f"{service}.keys.json" if load(service).personal else None
            if keys is not None:
                KeyRing.create(keys)
            made.append(Source(service, url, keys))
        catalogue = Catalogue.load(TOPICS_FILE, f"{module_prefix}.{name}.")
        return Sources(tuple(made), kafka.broker(), catalogue)

    return make


@pytest.fixture(scope="module")
def source(prepare: Any) -> Sources:
    """A system of an earlier release with a standing, and with events in every table of the chassis."""
    made: Sources = prepare("source", EARLIER)
    made.catalogue.create(made.broker, NAMES)
    with closing(clients.producer(made.broker, "test")) as producer:
        producer.send(made.catalogue.physical(STANDINGS), b'{"id":"1"}', b"code", [HEADER]).get(timeout=15)
    event = new_id()
    rows(
        made,
        "complaints",
        "INSERT INTO outbox (id, aggregatetype, aggregateid, version, type, topic, key, bucket, payload, created_at,"
        " published_at) VALUES (%s, 'complaint', '1', 1, 't', 't', 'k', 0, '', now(), now())",
        event,
    )
    rows(made, "ports", "INSERT INTO inbox VALUES (%s, 't', now() - interval '34 days')", event)
    topic, group = made.catalogue.physical(COMPLAINTS), f"{made.catalogue.prefix}ports"
    for offset in (7, 8):
        rows(
            made,
            "ports",
            'INSERT INTO quarantine ("group", topic, partition, "offset", key, event_id, payload, error, tries,'
            " next_at, quarantined_at) VALUES (%s, %s, 0, %s, 'k', %s, '', 'a bug', 3, now(), now())",
            group, topic, offset, UUID(int=offset),
        )  # fmt: skip
    rows(made, "ports", "INSERT INTO failed_records VALUES (%s, %s, 0, 7)", group, topic)
    for sealed in (True, False):
        with opened(made, "ports") as database, database.begin() as tx:
            audit.record(tx, Operator("s-1"), "order-lifted", "order:1", "a reason")
        if sealed:
            with opened(made, "ports") as database, database.begin() as tx:
                assert seals.seal(tx, 10) == 1
    return made


@pytest.fixture(scope="module")
def backup(source: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backups") / "today"
    assert len([*take(source, folder)]) == len(NAMES) + 1
    return folder


@pytest.fixture(scope="module")
def empty(prepare: Prepare) -> Sources:
    """A system without data, for restores that are refused."""
    return prepare("empty")


def records(sources: Sources, topic: str) -> Iterator[Any]:
    partition = TopicPartition(sources.catalogue.physical(topic), 0)
    with closing(clients.consumer(sources.broker, None, "test")) as reader:
        reader.assign([partition])
        (end,) = reader.end_offsets([partition]).values()
        reader.seek_to_beginning(partition)
        while reader.position(partition) < end:
            yield from reader.poll(timeout_ms=500).get(partition, [])


def test_a_backup_without_the_key_ring_of_personal_data_is_refused(source: Sources) -> None:
    variables = {
        each.service: source.broker.variables | {"ANNING_OWNER_DATABASE_URL": each.owner_url}
        for each in source.services
    }
    with pytest.raises(BackupError, match="key ring of complaints is not known: set ANNING_COMPLAINTS_KEYS_FILE"):
        Sources.of(variables, TOPICS_FILE)


def test_a_backup_without_the_compacted_topics_is_refused(source: Sources, tmp_path: Path) -> None:
    wrong = replace(source, catalogue=Catalogue.load(TOPICS_FILE, "wrong."))
    with pytest.raises(BackupError, match=r"no topic wrong\..*: is ANNING_TOPIC_PREFIX right"):
        list(take(wrong, tmp_path / "backup"))
    assert [*tmp_path.iterdir()] == []


def test_databases_contradict_each_other_by_an_event_in_quarantine_too(
    source: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "_TRIES", 2)
    event = new_id()
    rows(source, "ports", 'UPDATE quarantine SET event_id = %s WHERE "offset" = 8', event)
    try:
        with pytest.raises(BackupError, match="one moment"):
            list(take(source, tmp_path / "backup"))
    finally:
        rows(source, "ports", 'UPDATE quarantine SET event_id = %s WHERE "offset" = 8', UUID(int=8))


def test_a_manifest_without_the_digests_of_the_files_is_no_backup(backup: Path, empty: Sources, tmp_path: Path) -> None:
    manifest = json.loads((backup / taking.MANIFEST).read_text())
    del manifest["files"]
    (tmp_path / taking.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match="is not a backup"):
        list(restore(empty, tmp_path, 1))


def test_a_restore_beside_a_running_service_is_refused(
    backup: Path, empty: Sources, as_service: Callable[[str], str]
) -> None:
    with (
        psycopg.connect(as_service(empty.services[0].owner_url)),
        pytest.raises(BackupError, match=f"{NAMES[0]} is in use: stop the services"),
    ):
        list(restore(empty, backup, 1))


def test_a_restore_of_an_earlier_release_with_another_prefix_adapts_everything(backup: Path, prepare: Prepare) -> None:
    target = prepare("target")
    list(restore(target, backup, 1))

    newest = rows(target, "complaints", "SELECT version_num FROM alembic_version")
    assert newest != [(EARLIER["complaints"],)]
    assert rows(target, "complaints", "SELECT count(*) FROM register_filings") == [(0,)]
    assert rows(target, "complaints", "SELECT published_at FROM outbox") == [(None,)]
    assert rows(target, "ports", "SELECT now() - heard_at < interval '1 hour' FROM inbox") == [(True,)]
    ((record),) = records(target, STANDINGS)
    assert (record.key, record.value, [*record.headers]) == (b"code", b'{"id":"1"}', [HEADER])
    # The events in quarantine are replayed by the consumers of the new topics, before all new ones of their key.
    moved = rows(target, "ports", 'SELECT "group", topic, "offset", event_id FROM quarantine ORDER BY "offset"')
    group, topic = f"{target.catalogue.prefix}ports", target.catalogue.physical(COMPLAINTS)
    assert [(name, on) for name, on, _, _ in moved] == [(group, topic)] * 2
    assert [event for _, _, _, event in moved] == [UUID(int=7), UUID(int=8)]
    assert all(offset < 0 for _, _, offset, _ in moved)
    assert rows(target, "ports", "SELECT * FROM failed_records") == []


def test_a_restored_audit_log_is_as_it_was_sealed_and_the_service_only_adds_to_it(
    backup: Path, prepare: Prepare, as_service: Callable[[str], str]
) -> None:
    target = prepare("audited")
    list(restore(target, backup, 1))
    with opened(target, "ports") as database:
        with database.read() as read:
            verified = seals.verify(read)
        assert (verified.entries, verified.seals, verified.waiting) == (1, 1, 1)
        with database.begin() as tx:
            assert seals.seal(tx, 10) == 1
        with database.read() as read:
            assert seals.verify(read).entries == 2
        with (
            psycopg.connect(as_service(database.conninfo)) as service,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            service.execute("DELETE FROM audit_log")


def test_a_record_that_the_broker_refuses_fails_the_restore(backup: Path, prepare: Prepare, tmp_path: Path) -> None:
    target = prepare("small")
    admin = clients.admin(target.broker)
    with closing(admin):
        admin.create_topics(
            {
                target.catalogue.physical(STANDINGS): {
                    "num_partitions": 1,
                    "replication_factor": 1,
                    "configs": {"cleanup.policy": "compact", "max.message.bytes": "20"},
                }
            },
            wait_for_metadata=True,
        )
    with pytest.raises(BackupError, match="could not be sent"):
        list(restore(target, backup, 1))


def test_programs_get_every_parameter_of_the_url_and_no_password_as_an_argument(
    source: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, shown = tmp_path / "pg_dump", tmp_path / "shown"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.1" && exit\n'
        f'printf "%s\\n" "$@" > {shown}.arguments; echo "$PGPASSWORD" > {shown}.password\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    url = source.services[0].owner_url
    password = psycopg.conninfo.conninfo_to_dict(url)["password"]
    run_program("pg_dump", f"{url}?sslmode=prefer&connect_timeout=7", "--schema-only")
    arguments = Path(f"{shown}.arguments").read_text()
    assert "sslmode=prefer" in arguments
    assert "connect_timeout=7" in arguments
    assert str(password) not in arguments
    assert Path(f"{shown}.password").read_text().strip() == password


def test_the_records_are_those_before_the_snapshots(backup: Path) -> None:
    with gzip.open(backup / "topics.ndjson.gz", "rt") as lines:
        (record,) = map(json.loads, lines)
    assert record == {
        "topic": STANDINGS,
        "key": "code",
        "headers": [[HEADER[0], HEADER[1].decode()]],
        "value": '{"id":"1"}',
    }
