"""TLS to PostgreSQL is a setting: the parameters of the url hold for every connection, of whatever part.

The server of the tests is built without TLS. A proxy in front of it speaks nothing else, so that a connection without
TLS does not reach the server.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict

from anning.backups.taking import _Snapshot
from anning.services import load
from chassis import migrations
from chassis.buckets import Ownership
from chassis.database import Database
from tests.integration.events.depot import Depot, until
from tests.parcels import service as parcels
from tests.parts.encrypted import certify
from tests.parts.protocols import Kafka, Postgres

_SSL_REQUEST = bytes.fromhex("0000000804d2162f")
"""What a client sends first where it wants TLS (PostgreSQL's protocol, SSLRequest)."""


@dataclass(frozen=True)
class Encrypted:
    """A server with TLS."""

    port: int
    certificate: Path

    def url(self, plain: str, authority: Path | None = None) -> str:
        """The url of a database for verified connections; `authority` signs the server's certificate."""
        parts = conninfo_to_dict(plain)
        address = f"{parts['user']}:{parts['password']}@127.0.0.1:{self.port}/{parts['dbname']}"
        return f"postgresql://{address}?sslmode=verify-full&sslrootcert={authority or self.certificate}"


async def _pipe(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(OSError):
        while content := await reader.read(65_536):
            writer.write(content)
            await writer.drain()
    writer.close()


@pytest.fixture(scope="module")
def encrypted(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encrypted]:
    """The server of the session, behind a proxy that speaks TLS only."""
    folder = tmp_path_factory.mktemp("tls")
    certify(folder / "keys.pem", folder / "certificate.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "keys.pem")
    server = conninfo_to_dict(postgres.url())

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(8) == _SSL_REQUEST:
                writer.write(b"S")
                await writer.start_tls(context)
                from_server, to_server = await asyncio.open_connection(str(server["host"]), int(server["port"] or 0))
                await asyncio.gather(_pipe(reader, to_server), _pipe(from_server, writer))
        writer.close()

    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield Encrypted(listening.sockets[0].getsockname()[1], folder / "certificate.pem")
    loop.call_soon_threadsafe(listening.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def test_every_connection_of_a_worker_has_tls(
    encrypted: Encrypted, new_database: Callable[[str], str], kafka: Kafka, topic_prefix: str
) -> None:
    depot = Depot(encrypted.url(new_database("encrypted")), kafka.broker(), topic_prefix)
    parcels.create_tables(depot.database)
    depot.catalogue.create(depot.broker, ["parcels"])
    try:
        with depot.worker():
            depot.send(["a"])
            until(lambda: depot.arrivals() == 1)
    finally:
        depot.close()


def test_a_connection_without_tls_does_not_reach_the_server(
    encrypted: Encrypted, new_database: Callable[[str], str]
) -> None:
    url = encrypted.url(new_database("plain")).replace("verify-full", "disable")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=5)


def _migrate(url: str) -> None:
    migrations.upgrade(load("credit"), url)


def _read(url: str) -> None:
    database = Database(url, pool=1)
    try:
        with database.read() as read:
            read.execute(sa.text("SELECT 1"))
    finally:
        database.close()


def _own(url: str) -> None:
    with Ownership(Database(url, pool=1).conninfo, "test") as ownership:
        ownership.claim()


def _back_up(url: str) -> None:
    _Snapshot(url).close()


@pytest.mark.parametrize("connect", [_migrate, _read, _own, _back_up])
def test_a_server_with_the_certificate_of_another_authority_is_refused(
    connect: Callable[[str], None], encrypted: Encrypted, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = new_database(connect.__name__)
    certify(tmp_path / "keys.pem", tmp_path / "other.pem")

    connect(encrypted.url(url))
    with pytest.raises((psycopg.OperationalError, sa.exc.OperationalError), match="certificate verify"):
        connect(encrypted.url(url, tmp_path / "other.pem"))
