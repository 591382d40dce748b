"""Restoring a backup into empty databases and a broker without records, before the services start.

Afterwards the outboxes publish all that they still have, seven days, once more: what a consumer had processed is in its
inbox. The compacted topics are filled from the backup, and every projection is built from them.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from kafka import TopicPartition

from anning.backups.sources import TABLES, BackupError, Source, Sources, run_program
from anning.backups.taking import MANIFEST, TOPICS, dump_of, keys_of, sha256
from anning.services import load
from chassis import migrations
from chassis.database import Database
from chassis.events import kafka as clients
from chassis.events import projections

_ALL_OFFSETS = 2**62
"""More than any topic has."""
_OF_NO_DATA = ("alembic_version", "projections")


def restore(sources: Sources, folder: Path, replication: int) -> Iterator[str]:
    """Restore a backup; yields a line for each step. Raises BackupError before anything is changed where the backup is
    damaged or of a later release, and where a database or a topic has data."""
    manifest = _verified(folder)
    for source in sources.services:
        _require_known(source, manifest["revisions"])
        _require_empty(source)
    _require_no_records(sources)
    for source in sources.services:
        run_program(
            "pg_restore", source.database_url, "--clean", "--if-exists", "--no-owner", "--no-privileges",
            "--single-transaction", f"--dbname={source.database}", str(folder / dump_of(source)),
        )  # fmt: skip
        migrations.upgrade(load(source.service), source.database_url)
        if source.keys_file is not None:
            _restore_keys(folder / keys_of(source), source.keys_file)
        yield f"{source.service}: restored"
    sources.catalogue.create(sources.kafka, [each.service for each in sources.services], replication)
    yield f"{_send_records(sources, folder / TOPICS):,} records of compacted topics sent"
    for source in sources.services:
        _begin_again(source)


def _verified(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackupError(f"{folder} is not a backup: {MANIFEST} cannot be read") from error
    for name, digest in manifest["files"].items():
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


def _require_empty(source: Source) -> None:
    with psycopg.connect(source.database_url) as connection:
        for (table,) in connection.execute(TABLES.encode()).fetchall():
            if table not in _OF_NO_DATA and connection.execute(f"SELECT FROM {table} LIMIT 1".encode()).rowcount:
                raise BackupError(f"the database of {source.service} is not empty: {table} has rows; use a new one")


def _require_no_records(sources: Sources) -> None:
    reader = clients.consumer(sources.kafka, None, "restore")
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
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(backup.read_bytes())


def _send_records(sources: Sources, file: Path) -> int:
    producer, count = clients.producer(sources.kafka, "restore"), 0
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                count += 1
                record = json.loads(line)
                topic = sources.catalogue.physical(record["topic"])
                producer.send(topic, record["value"].encode(), record["key"].encode())
        producer.flush()
    finally:
        producer.close()
    return count


def _begin_again(source: Source) -> None:
    """Let the relay publish the whole outbox, and the workers build every projection.

    The new topics count from 0. The quarantine knows events by their offsets: it keeps those of the old topics below 0,
    in their order, so that none of them is taken for a new one.
    """
    database = Database(source.database_url, pool=1)
    try:
        with database.begin() as tx:
            tx.execute(sa.text("UPDATE outbox SET published_at = NULL WHERE published_at IS NOT NULL"))
            tx.execute(sa.text('UPDATE quarantine SET "offset" = "offset" - :all'), {"all": _ALL_OFFSETS})
            tx.execute(sa.text("DELETE FROM failed_records"))
            for each in load(source.service).projections:
                projections.rebuild(tx, each)
    finally:
        database.close()
