"""Restoring a backup into empty databases and a broker without records, before the services start.

Afterwards the outboxes publish all that they still have, seven days, once more: what a consumer had processed is in its
inbox. The compacted topics are filled from the backup, and every projection is built from them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from kafka import TopicPartition
from kafka.errors import KafkaError

from anning.backups.sources import TABLES, BackupError, Source, Sources, run_program
from anning.backups.taking import MANIFEST, TOPICS, Manifest, copy_private, dump_of, keys_of, sha256
from anning.services import load
from chassis import migrations
from chassis.database import Database
from chassis.events import inbox, outbox, projections, quarantine
from chassis.events import kafka as clients

_OTHER_SESSIONS = (
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND usename IS NOT NULL"
)
"""What the server does by itself has no user; of the sessions of other roles, nothing more is shown to the owner."""
_FUNCTIONS = (
    "SELECT CAST(oid AS regprocedure)::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'"
)
_OF_NO_DATA = ("alembic_version", "projections")


def restore(sources: Sources, folder: Path, replication: int) -> Iterator[str]:
    """Restore a backup; yields a line for each step. Raises BackupError before anything is changed where the backup is
    damaged or of a later release, where a database or a topic has data, and where a service runs."""
    manifest = _verified(folder)
    for source in sources.services:
        _require_known(source, manifest.revisions)
        _require_empty_and_unused(source)
    _require_no_records(sources)
    for source in sources.services:
        _drop_tables(source)
        run_program(
            "pg_restore", source.owner_url, "--no-owner", "--no-privileges", "--single-transaction",
            str(folder / dump_of(source)),
        )  # fmt: skip
        migrations.upgrade(load(source.service), source.owner_url)
        if source.keys_file is not None:
            _restore_keys(folder / keys_of(source), source.keys_file)
        yield f"{source.service}: restored"
    sources.catalogue.create(sources.broker, [each.service for each in sources.services], replication)
    yield f"{_send_records(sources, folder / TOPICS):,} records of compacted topics sent"
    for source in sources.services:
        _begin_again(source, manifest.topic_prefix, sources.catalogue.prefix)


def _verified(folder: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupError(f"{folder} is not a backup: {MANIFEST} cannot be read") from error
    for name, digest in manifest.files.items():
        if not (folder / name).is_file() or sha256(folder / name) != digest:
            raise BackupError(f"{folder / name} is missing or damaged: its digest is not that of the manifest")
    return manifest


def _require_known(source: Source, revisions: dict[str, str]) -> None:
    revision = revisions.get(source.service)
    if revision is None:
        raise BackupError(f"the backup has no database of {source.service}")
    try:
        ScriptDirectory.from_config(migrations.config(load(source.service))).get_revision(revision)
    except CommandError as error:
        raise BackupError(
            f"the backup is of a later release: {source.service} has no revision {revision} here"
        ) from error


def _require_empty_and_unused(source: Source) -> None:
    """A service that runs would publish while the records of the compacted topics are sent, which are older."""
    with psycopg.connect(source.owner_url) as connection:
        for (table,) in connection.execute(TABLES.encode()).fetchall():
            if table not in _OF_NO_DATA and connection.execute(f"SELECT FROM {table} LIMIT 1".encode()).rowcount:
                raise BackupError(f"the database of {source.service} is not empty: {table} has rows; use a new one")
        if connection.execute(_OTHER_SESSIONS.encode()).rowcount:
            raise BackupError(f"the database of {source.service} is in use: stop the services before a restore")


def _drop_tables(source: Source) -> None:
    """The empty tables may be of a later revision than the backup, whose migrations create them again, and the
    functions of their triggers."""
    with psycopg.connect(source.owner_url) as connection:
        for (table,) in connection.execute(TABLES.encode()).fetchall():
            connection.execute(f"DROP TABLE {table} CASCADE".encode())
        for (function,) in connection.execute(_FUNCTIONS.encode()).fetchall():
            connection.execute(f"DROP FUNCTION {function}".encode())


def _require_no_records(sources: Sources) -> None:
    reader = clients.consumer(sources.broker, None, "restore")
    try:
        for name in map(sources.catalogue.physical, sources.catalogue.topics):
            partitions = [TopicPartition(name, number) for number in reader.partitions_for_topic(name) or ()]
            if any(reader.end_offsets(partitions).values() if partitions else ()):
                raise BackupError(
                    f"the topic {name} has records, which may be newer than the backup: use a new broker, or another"
                    " ANNING_TOPIC_PREFIX"
                )
    finally:
        reader.close()


def _restore_keys(backup: Path, target: Path) -> None:
    """Replace the key ring, which encrypts nothing while the database is empty; it is kept beside the restored one."""
    if target.exists():
        target.rename(target.with_suffix(".unused"))
    copy_private(backup, target)


def _send_records(sources: Sources, file: Path) -> int:
    """Send the records and wait for their acknowledgements; returns their count. Raises BackupError."""
    producer, count = clients.producer(sources.broker, "restore"), 0
    failures: list[Exception] = []
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                count += 1
                record = json.loads(line)
                topic = sources.catalogue.physical(record["topic"])
                headers = [(name, value.encode()) for name, value in record["headers"]]
                sent = producer.send(topic, record["value"].encode(), record["key"].encode(), headers)
                sent.add_errback(failures.append)
        producer.flush()
    except KafkaError as error:
        failures.append(error)
    finally:
        clients.abandon(producer)
    if failures:
        raise BackupError(f"records of compacted topics could not be sent: {failures[0]}; begin with a new broker")
    return count


def _begin_again(source: Source, old_prefix: str, new_prefix: str) -> None:
    """Let the relay publish the whole outbox, and the workers build every projection."""
    database = Database(source.owner_url, pool=1, statement_timeout_ms=0)
    try:
        with database.begin() as tx:
            outbox.publish_again(tx)
            inbox.keep_longer(tx)
            quarantine.move_to_new_topics(tx, old_prefix, new_prefix)
            for each in load(source.service).projections:
                projections.rebuild(tx, each)
    finally:
        database.close()
