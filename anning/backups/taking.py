"""Taking a backup while the system runs: the databases as they were at one moment, and what rebuilds the projections.

Services exchange facts, so the databases must not contradict each other: none may contain the consequences of a fact
that another one does not have. Otherwise the restored producer would count the versions of its aggregates again, and
the consumer would ignore the new facts as old ones. So the snapshots are opened one right after the other, and opened
again where a consumer has processed an event that no outbox has.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from kafka import KafkaConsumer, TopicPartition

from anning.backups.sources import BackupError, Source, Sources, run_program
from chassis.events import kafka as clients
from chassis.version import VERSION

MANIFEST, TOPICS = "manifest.json", "topics.ndjson.gz"
_TRIES = 50
_RECENT_SECONDS, _RECENT_EVENTS = 300, 1_000_000
"""How long before the snapshots, and how many events before the last one, an event may have got its id that only one of
them has."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a backup: the release that took it and when, the prefix of its topics, the revision of each service's
    database, and the SHA-256 of each file."""

    release: str
    taken_at: datetime
    topic_prefix: str
    revisions: dict[str, str]
    files: dict[str, str]


def take(sources: Sources, folder: Path) -> Iterator[str]:
    """Write a backup to a new folder; yields a line for each step. Raises BackupError; then there is no folder."""
    if folder.exists():
        raise BackupError(f"{folder} exists already")
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    try:
        with _reader(sources) as reader:
            ends = reader.end_offsets([*reader.assignment()])
            with _snapshots(sources) as (taken_at, snapshots):
                yield f"{_save_records(reader, ends, sources, partial / TOPICS):,} records of compacted topics"
                revisions = {}
                for source in sources.services:
                    snapshot = snapshots[source.service]
                    run_program(
                        "pg_dump", source.owner_url, "--format=custom", "--no-owner", "--no-privileges",
                        f"--snapshot={snapshot.name}", f"--file={partial / dump_of(source)}",
                    )  # fmt: skip
                    revisions[source.service] = snapshot.revision
                    yield f"{source.service}: {(partial / dump_of(source)).stat().st_size:,} bytes"
        for source in sources.services:
            if source.keys_file is not None:
                copy_private(source.keys_file, partial / keys_of(source))
        _write_manifest(partial, sources, taken_at, revisions)
        # A copy of the folder may lose its mode, one of the files keeps theirs.
        for file in partial.iterdir():
            file.chmod(0o600)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def dump_of(source: Source) -> str:
    """The name of the file with the database of a service."""
    return f"{source.service}.dump"


def keys_of(source: Source) -> str:
    """The name of the file with the key ring of a service."""
    return f"{source.service}.keys.json"


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Snapshot:
    """A transaction that sees a database as it was when it was opened."""

    name: str

    def __init__(self, url: str) -> None:
        self._connection: psycopg.Connection[Any] = psycopg.connect(url)
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._connection.read_only = True

    def open(self) -> None:
        """Begin the transaction, and export its snapshot under `name`."""
        self.name = str(self._one("SELECT pg_export_snapshot()"))

    @property
    def revision(self) -> str:
        """The revision of the migrations."""
        return str(self._one("SELECT version_num FROM alembic_version"))

    def processed(self, since: UUID) -> set[UUID]:
        """The events that the service has processed, or has in quarantine, whose ids are from this time on."""
        rows = self._connection.execute(
            "SELECT event_id FROM inbox WHERE event_id >= %(since)s"
            " UNION SELECT event_id FROM quarantine WHERE event_id >= %(since)s",
            {"since": since},
        )
        return {row[0] for row in rows}

    def recorded(self, since: UUID) -> set[UUID]:
        """The events that the service has recorded whose ids are from this time on. They are among the last ones: the
        outbox, which has no index of ids, is not read as a whole."""
        rows = self._connection.execute(
            "SELECT id FROM outbox WHERE position > (SELECT max(position) FROM outbox) - %s AND id >= %s",
            [_RECENT_EVENTS, since],
        )
        return {row[0] for row in rows}

    def close(self) -> None:
        """End the transaction."""
        self._connection.close()

    def _one(self, statement: str) -> Any:
        row = self._connection.execute(statement.encode()).fetchone()
        return None if row is None else row[0]


@contextmanager
def _snapshots(sources: Sources) -> Iterator[tuple[datetime, dict[str, _Snapshot]]]:
    """Snapshots of all databases that do not contradict each other, and when they were opened."""
    for _ in range(_TRIES):
        with ExitStack() as stack:
            opened = {each.service: _Snapshot(each.owner_url) for each in sources.services}
            for snapshot in opened.values():
                stack.callback(snapshot.close)
            taken_at = datetime.now(UTC)
            for snapshot in opened.values():
                snapshot.open()
            since = UUID(int=int((taken_at.timestamp() - _RECENT_SECONDS) * 1000) << 80)
            processed = set().union(*(each.processed(since) for each in opened.values()))
            if processed <= set().union(*(each.recorded(since) for each in opened.values())):
                yield taken_at, opened
                return
        time.sleep(0.1)
    raise BackupError("the databases could not be seen at one moment: too much was processed; try again later")


@contextmanager
def _reader(sources: Sources) -> Iterator[KafkaConsumer]:
    """A consumer of all partitions of the compacted topics. Raises BackupError for a topic that does not exist."""
    reader = clients.consumer(sources.broker, None, "backup")
    try:
        numbers = {topic: reader.partitions_for_topic(topic) for topic in sources.compacted}
        if missing := [topic for topic, found in numbers.items() if not found]:
            raise BackupError(f"the broker has no topic {', '.join(missing)}: is ANNING_TOPIC_PREFIX right?")
        reader.assign([TopicPartition(topic, number) for topic, found in numbers.items() for number in sorted(found)])
        yield reader
    finally:
        reader.close()


def _save_records(reader: KafkaConsumer, ends: dict[TopicPartition, int], sources: Sources, file: Path) -> int:
    """Write the records of the compacted topics up to these offsets; returns their count.

    The offsets are older than the snapshots, so that no record is newer than the databases. What was published between
    them is in an outbox. They are read before the dumps: meanwhile the broker could remove a record for a newer one of
    its key, which is not in the backup.
    """
    reader.seek_to_beginning(*ends)
    count = 0
    with gzip.open(file, "wt", encoding="utf-8", compresslevel=3) as lines:
        while any(reader.position(partition) < end for partition, end in ends.items()):
            for partition, records in reader.poll(timeout_ms=500).items():
                for record in records:
                    if record.offset < ends[partition] and record.value is not None:
                        topic = sources.catalogue.logical(partition.topic)
                        line = {
                            "topic": topic,
                            "key": record.key.decode(),
                            "headers": [[name, value.decode()] for name, value in record.headers],
                            "value": record.value.decode(),
                        }
                        lines.write(json.dumps(line, ensure_ascii=False) + "\n")
                        count += 1
    return count


def copy_private(source: Path, target: Path) -> None:
    """Copy a file to a new one that its owner only can read. Raises FileExistsError."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(source.read_bytes())


def _write_manifest(folder: Path, sources: Sources, taken_at: datetime, revisions: dict[str, str]) -> None:
    manifest = Manifest(
        release=VERSION,
        taken_at=taken_at,
        topic_prefix=sources.catalogue.prefix,
        revisions=revisions,
        files={path.name: sha256(path) for path in sorted(folder.iterdir())},
    )
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
