"""`projection`: how fast the register of complaints catches up, compared with a by-hand poll, COPY and upsert."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import psycopg
from kafka import OffsetAndMetadata

from anning.services import load
from benchmarks.credit_codes import credit_codes
from benchmarks.results import Result, rates, wait_until
from benchmarks.testbed import Testbed
from chassis import migrations
from chassis.aggregate import Cause
from chassis.database import Database
from chassis.events import envelope, projections
from chassis.events import kafka as clients
from chassis.events.routing import topics_of
from chassis.events.topics import Catalogue
from chassis.ids import new_id
from chassis.redaction import Written
from chassis.run import tune_gc
from chassis.service import Service
from chassis.settings import Settings
from chassis.worker import Worker
from contracts.ports import FilingRecorded
from standalone.system import ROOT

PORTS = 60_000
ENTERPRISES = 2_000
_HOLDERS = 50


def measure(testbed: Testbed) -> list[Result]:
    """Ports per second from the start of a worker that has only the projection until its readiness shows that all are
    applied, on a database and topics of its own. The floor does the least that results in the same rows."""
    tune_gc()  # as in the process of a worker
    with _registers(testbed) as registers:
        registers.publish()
        value, floor = rates(registers.catch_up, registers.by_hand, PORTS, prepare=registers.empty)
    return [Result.against("projection", value, "ports/s", floor)]


@contextmanager
def _registers(testbed: Testbed) -> Iterator[_Registers]:
    url = testbed.system.postgres.create_database("bench_projection")
    whole = load("complaints")
    migrations.upgrade(whole, url)
    broker = testbed.system.kafka.broker()
    settings = Settings(
        database_url=url,
        kafka=broker.servers,
        kafka_username=broker.user,
        kafka_password_file=broker.password_file,
        topic_prefix=f"bench{new_id().hex[-8:]}.",
        issuer="unused",
        jwks_url="http://localhost",
        instance="bench",
    )
    catalogue = Catalogue.load(ROOT / "contracts" / "topics.yaml", settings.topic_prefix)
    consumed = {name: catalogue.topics[name] for each in whole.projections for name in topics_of(each.handlers)}
    Catalogue(consumed, catalogue.prefix).create(settings.broker, ["ports"])
    service = replace(whole, reactions={}, sweeps=(), routers=())
    with closing(Database(url, pool=4)) as database:
        registers = _Registers(service, settings, catalogue, database)
        try:
            yield registers
        finally:
            registers.stop()


@dataclass
class _Registers:
    """A topic with ports, and the register that is built from it."""

    service: Service
    settings: Settings
    catalogue: Catalogue
    database: Database
    _groups: Iterator[int] = field(default_factory=count)
    _worker: Worker | None = None

    def publish(self) -> None:
        """Write the filing of every port to the topic, in the form in which ports publishes it."""
        producer = clients.producer(self.settings.broker, "bench")
        topic, cause = self.catalogue.physical(FilingRecorded.topic), Cause.beginning("benchmark")
        now = datetime.now(UTC)
        for event in _filings():
            value = envelope.encode(event, id=new_id(), version=1, time=now, source="/anning/ports", cause=cause)
            producer.send(topic, value, event.key.encode())
        producer.flush()
        producer.close()

    def empty(self) -> None:
        """Stop the worker and empty the register; the next worker reads the topic from its start."""
        self.stop()
        with self.database.begin() as tx:
            for each in self.service.projections:
                projections.rebuild(tx, each)
        with psycopg.connect(self.database.conninfo, autocommit=True) as connection:
            connection.execute("TRUNCATE register_filings, register_holders")

    def catch_up(self) -> None:
        """Run a worker until its readiness shows that every port is applied."""
        worker = self._worker = Worker(self.service, self.settings, self.database, self.catalogue)
        worker.start()
        wait_until(lambda: _complete(worker), worker.progress, pause=0.01)

    def stop(self) -> None:
        """Stop the worker, if one runs."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def by_hand(self) -> None:
        """Poll, COPY, upsert, commit, until the register has every port."""
        consumer = clients.consumer(
            self.settings.broker,
            f"{self.catalogue.prefix}floor{next(self._groups)}",
            "0",
            [self.catalogue.physical(FilingRecorded.topic)],
        )
        decoder, handled = msgspec.json.Decoder(_Envelope), 0
        with psycopg.connect(self.database.conninfo) as connection:
            connection.execute(_INCOMING)
            connection.commit()
            while handled < PORTS:
                polled = consumer.poll(timeout_ms=500)
                records = [record for of_partition in polled.values() for record in of_partition]
                if not records:
                    continue
                with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                    for record in records:
                        copy.write_row(_row(decoder.decode(record.value)))
                connection.execute(_UPSERT_FILINGS)
                connection.execute(_INSERT_HOLDERS)
                connection.execute("TRUNCATE incoming")
                connection.commit()
                consumer.commit({tp: OffsetAndMetadata(each[-1].offset + 1, "", -1) for tp, each in polled.items()})
                handled += len(records)
        consumer.close(autocommit=False)


def _complete(worker: Worker) -> bool:
    progress = worker.progress()
    return bool(progress) and all(each.complete for each in progress.values())


def _filings() -> Iterator[FilingRecorded]:
    codes = list(credit_codes(ENTERPRISES))
    since = datetime.now(UTC) - timedelta(days=100)
    for number in range(PORTS):
        provider = codes[number % ENTERPRISES]
        yield FilingRecorded(
            carrier="CMCC",
            number=f"10690888{number:07d}",
            access_code="10690888",
            filing=new_id(),
            holder=codes[number % _HOLDERS],
            holder_name=Written("子虚短信技术有限公司"),
            provider=provider,
            provider_name=Written(f"乌有{provider[8:16]}有限公司"),
            signature=Written(f"乌有{provider[8:16]}"),
            purpose="marketing",
            province=None,
            covers_extensions=False,
            valid_from=since,
            valid_to=None,
            recorded_at=since,
        )


class _Filing(msgspec.Struct):
    carrier: str
    number: str
    access_code: str
    filing: str
    holder: str
    valid_from: datetime


class _Envelope(msgspec.Struct):
    aggregateversion: int
    data: msgspec.Raw


_filing = msgspec.json.Decoder(_Filing)


def _row(message: _Envelope) -> tuple[Any, ...]:
    filing = _filing.decode(message.data)
    return (
        *(filing.carrier, filing.number, filing.access_code, filing.filing, filing.holder, filing.valid_from),
        *(message.aggregateversion, bytes(message.data).decode()),
    )


_INCOMING = """
    CREATE TEMP TABLE incoming (
        carrier text COLLATE "C", number text COLLATE "C", access_code text COLLATE "C", filing uuid,
        holder text COLLATE "C", valid_from timestamptz, version integer, content jsonb
    )
"""
_COPY = "COPY incoming (carrier, number, access_code, filing, holder, valid_from, version, content) FROM STDIN"
_UPSERT_FILINGS = """
    INSERT INTO register_filings (filing, carrier, number, version, content)
    SELECT DISTINCT ON (filing) filing, carrier, number, version, content FROM incoming ORDER BY filing, version DESC
    ON CONFLICT (filing) DO UPDATE SET version = excluded.version, content = excluded.content
    WHERE register_filings.version < excluded.version
"""
_INSERT_HOLDERS = """
    INSERT INTO register_holders (filing, carrier, number, access_code, holder, valid_from, on_record_from)
    SELECT DISTINCT ON (filing) filing, carrier, number, access_code, holder, valid_from, valid_from FROM incoming
    ORDER BY filing ON CONFLICT (filing) DO NOTHING
"""
