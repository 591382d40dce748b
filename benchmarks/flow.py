"""The whole flow over real processes: `bulk_intake`, `chain` and `pss_mib_max`."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from kafka import OffsetAndMetadata

from benchmarks.results import Result, patiently
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue, Topic
from standalone.client import Client
from standalone.figures import Figures
from standalone.system import System

TOPIC = "complaints.complaints.v1"
_BATCH = 2_000


def measure(system: System, complaints: Client, ports: Client, source: Path) -> list[Result]:
    """File the register, then run all complaints through, and hold each figure against the same rows by hand."""
    register = ports.upload("/filing-imports", source / "ports.csv", "text/csv")
    patiently(lambda: complaints.get("/statistics")["ports_known"] >= _known(ports))
    peak = _Peak(system)
    began = time.monotonic()
    imported = complaints.upload("/complaint-imports", source / "complaints.ndjson.gz", "application/x-ndjson")
    patiently(lambda: complaints.get("/statistics")["waiting"] == 0)
    outboxed = time.monotonic() - began
    patiently(lambda: Figures.asked(complaints, ports, [imported]).heard)
    reconciled = time.monotonic() - began
    pss = peak.stop()
    filed = int(imported["accepted"])
    print(f"register {register['accepted']:,} ports; {filed:,} complaints in {reconciled:.1f} s")
    floor = _Floor(system)
    return [
        Result.against("bulk_intake", filed / outboxed, "lines/s", floor.intake()),
        Result.against("chain", filed / reconciled, "complaints/s", floor.chain()),
        Result.alone("pss_mib_max", pss, "MiB"),
    ]


def _known(ports: Client) -> int:
    return sum(ports.get("/statistics")["ports"].values())


class _Floor:
    """The rows that the system wrote, moved once more by loops that know nothing but these rows."""

    def __init__(self, system: System) -> None:
        self._bootstrap = system.kafka.bootstrap
        self._complaints = psycopg.connect(system.postgres.url("anning_complaints", "anning_complaints"))
        self._ports = psycopg.connect(system.postgres.url("anning_ports", "anning_ports"))
        prefix = f"floor{time.monotonic_ns()}."
        topic = Topic(owner="floor", consumers=(), key="", partitions=6, events=(), retention_days=1)
        self._topic = prefix + TOPIC
        Catalogue({TOPIC: topic}, prefix).create(self._bootstrap, ["floor"])
        self._rows = {
            name: self._complaints.execute(statement).fetchall()
            for name, statement in (
                ("complaints", "SELECT * FROM complaints"),
                ("outbox", f"SELECT * FROM outbox WHERE topic = '{TOPIC}'"),
            )
        }
        self._evidence = self._ports.execute("SELECT * FROM evidence").fetchall()
        self.items = len(self._rows["complaints"])

    def intake(self) -> float:
        """COPY of the same rows into complaints and outbox, in transactions of 5,000."""
        began = time.monotonic()
        self._copy_all()
        return self.items / (time.monotonic() - began)

    def chain(self) -> float:
        """COPY, then select–produce–mark, then poll–inbox–evidence–commit, one after the other."""
        began = time.monotonic()
        self._copy_all()
        self._produce()
        self._hear()
        return self.items / (time.monotonic() - began)

    def _copy_all(self) -> None:
        for name, rows in self._rows.items():
            self._complaints.execute(f"DROP TABLE IF EXISTS floor_{name}")
            self._complaints.execute(f"CREATE TABLE floor_{name} (LIKE {name} INCLUDING INDEXES)")
            for start in range(0, len(rows), 5_000):
                _copy(self._complaints, f"floor_{name}", rows[start : start + 5_000])
                self._complaints.commit()

    def _produce(self) -> None:
        producer = clients.producer(self._bootstrap, "floor")
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

    def _hear(self) -> None:
        self._ports.execute("DROP TABLE IF EXISTS floor_inbox, floor_evidence")
        self._ports.execute("CREATE TABLE floor_inbox (LIKE inbox INCLUDING INDEXES)")
        self._ports.execute("CREATE TABLE floor_evidence (LIKE evidence INCLUDING INDEXES)")
        consumer = clients.consumer(self._bootstrap, self._topic, "0", [self._topic])
        decoder = msgspec.json.Decoder(_Heard)
        evidence = iter(self._evidence)
        heard = 0
        while heard < len(self._rows["outbox"]):
            polled = consumer.poll(timeout_ms=500)
            events = [decoder.decode(record.value) for records in polled.values() for record in records]
            if not events:
                continue
            self._ports.execute(
                "INSERT INTO floor_inbox (event_id, type, heard_at) SELECT unnest(%s::uuid[]), 'heard', now()",
                ([event.id for event in events],),
            )
            _copy(self._ports, "floor_evidence", [row for _, row in zip(events, evidence, strict=False)])
            self._ports.commit()
            consumer.commit({tp: OffsetAndMetadata(records[-1].offset + 1, "", -1) for tp, records in polled.items()})
            heard += len(events)
        consumer.close(autocommit=False)


class _Heard(msgspec.Struct):
    id: str
    data: dict[str, Any]


def _copy(connection: psycopg.Connection[Any], table: str, rows: list[Any]) -> None:
    with connection.cursor() as cursor:
        types = [column.type_code for column in cursor.execute(f"SELECT * FROM {table} LIMIT 0").description or ()]
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)


class _Peak:
    """The largest proportional set size of any service process, looked at while the flow runs."""

    def __init__(self, system: System) -> None:
        self._files = [
            Path(f"/proc/{process.pid}/smaps_rollup")
            for name, process in system.processes.items()
            if name != "sandbox" and process.pid is not None
        ]
        self._done = threading.Event()
        self._peak = 0.0
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> float:
        """The peak, in MiB."""
        self._done.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._done.wait(0.5):
            for file in self._files:
                for line in file.read_text().splitlines():
                    if line.startswith("Pss:"):
                        self._peak = max(self._peak, int(line.split()[1]) / 1024)
