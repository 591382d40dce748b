"""The floor of intake and chain: minimal loops that move the same rows as the system did."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from kafka import OffsetAndMetadata

from benchmarks.testbed import Testbed
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue, Topic

TOPIC = "complaints.complaints.v1"
LINES = 5_000
"""Rows per transaction, as in an import."""
_BATCH = 2_000


class Floor:
    """The rows written since a given time. Every rate is in complaints per second."""

    def __init__(self, testbed: Testbed, since: datetime) -> None:
        self._broker = testbed.system.kafka.broker()
        self._complaints = psycopg.connect(testbed.system.owner_url("complaints"))
        self._ports = psycopg.connect(testbed.system.owner_url("ports"))
        prefix = f"floor{time.monotonic_ns()}."
        topic = Topic(owner="floor", consumers=(), key="", partitions=6, events=(), retention_days=1)
        self._topic = prefix + TOPIC
        Catalogue({TOPIC: topic}, prefix).create(self._broker, ["floor"])
        parameters = {"since": since, "topic": TOPIC}
        self._rows = {
            name: self._complaints.execute(statement, parameters).fetchall()
            for name, statement in (
                ("complaints", "SELECT * FROM complaints WHERE filed_at >= %(since)s"),
                ("outbox", "SELECT * FROM outbox WHERE created_at >= %(since)s AND topic = %(topic)s"),
            )
        }
        self._evidence = self._ports.execute(
            "SELECT * FROM evidence WHERE complaint_id = ANY(%s)", ([row[0] for row in self._rows["complaints"]],)
        ).fetchall()
        self._items = len(self._rows["complaints"])

    def __enter__(self) -> Floor:
        return self

    def __exit__(self, *_: object) -> None:
        self._complaints.execute("DROP TABLE IF EXISTS floor_complaints, floor_outbox")
        self._ports.execute("DROP TABLE IF EXISTS floor_inbox, floor_evidence")
        for each in (self._complaints, self._ports):
            each.commit()
            each.close()

    def intake(self) -> float:
        """COPY of the same rows into complaints and outbox, in transactions of 5,000."""
        began = time.monotonic()
        self._copy_all()
        return self._items / (time.monotonic() - began)

    def chain(self) -> float:
        """COPY, then select–produce–mark, then poll–inbox–evidence–commit, one after the other."""
        began = time.monotonic()
        self._copy_all()
        self._produce()
        self._consume()
        return self._items / (time.monotonic() - began)

    def _copy_all(self) -> None:
        for name, rows in self._rows.items():
            copy_rows(self._complaints, name, rows)

    def _produce(self) -> None:
        producer = clients.producer(self._broker, "floor")
        self._complaints.execute("UPDATE floor_outbox SET published_at = NULL")
        self._complaints.commit()
        while True:
            rows = self._complaints.execute(
                "SELECT position, key, payload FROM floor_outbox WHERE published_at IS NULL"
                f" ORDER BY position LIMIT {_BATCH}"
            ).fetchall()
            if not rows:
                break
            for _, key, payload in rows:
                producer.send(self._topic, payload, key.encode())
            producer.flush()
            self._complaints.execute(
                "UPDATE floor_outbox SET published_at = now() WHERE position = ANY(%s)", ([row[0] for row in rows],)
            )
            self._complaints.commit()
        producer.close()

    def _consume(self) -> None:
        for name in ("inbox", "evidence"):
            create_copy(self._ports, name)
        consumer = clients.consumer(self._broker, self._topic, "0", [self._topic])
        decoder = msgspec.json.Decoder(_EventId)
        evidence = iter(self._evidence)
        count = 0
        while count < len(self._rows["outbox"]):
            polled = consumer.poll(timeout_ms=500)
            events = [decoder.decode(record.value) for records in polled.values() for record in records]
            if not events:
                continue
            self._ports.execute(
                "INSERT INTO floor_inbox (event_id, type, heard_at) SELECT unnest(%s::uuid[]), 'floor', now()",
                ([event.id for event in events],),
            )
            _copy(self._ports, "floor_evidence", [row for _, row in zip(events, evidence, strict=False)])
            self._ports.commit()
            consumer.commit({tp: OffsetAndMetadata(records[-1].offset + 1, "", -1) for tp, records in polled.items()})
            count += len(events)
        consumer.close(autocommit=False)


class _EventId(msgspec.Struct):
    id: str
    data: dict[str, Any]


def create_copy(connection: psycopg.Connection[Any], table: str) -> None:
    """Create an empty copy of a table with its indexes."""
    connection.execute(f"DROP TABLE IF EXISTS floor_{table}")
    connection.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING INDEXES)")
    connection.commit()


def copy_rows(connection: psycopg.Connection[Any], table: str, rows: Sequence[Any]) -> None:
    """COPY rows of a table into a new empty copy of it, in transactions of 5,000."""
    create_copy(connection, table)
    for start in range(0, len(rows), LINES):
        _copy(connection, f"floor_{table}", rows[start : start + LINES])
        connection.commit()


def _copy(connection: psycopg.Connection[Any], table: str, rows: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        types = [column.type_code for column in cursor.execute(f"SELECT * FROM {table} LIMIT 0").description or ()]
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
