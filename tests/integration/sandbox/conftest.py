"""A town and a capital: the databases of ports and of referrals, and where issuer and service will be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis import logs, rules
from chassis.database import MECHANISM, Database
from chassis.events import outbox
from sandbox import install
from services.ports.store.tables import METADATA as PORTS
from services.referrals.store.tables import METADATA as REFERRALS
from standalone.processes import free_port
from tests.integration.sandbox.capital import Capital
from tests.integration.sandbox.town import Town


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    logs.configure("WARNING", "console")


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026,demo")


@pytest.fixture(scope="module")
def _tables(database_url: str) -> Iterator[Database]:
    database = Database(database_url, flush=outbox.flush_as("ports"))
    with database.engine.begin() as connection:
        MECHANISM.create_all(connection)
        PORTS.create_all(connection)
    yield database
    database.close()


@pytest.fixture
def town(_tables: Database, tmp_path: Path) -> Town:
    """Nothing is served yet, and nothing has happened."""
    names = ", ".join(table.name for metadata in (MECHANISM, PORTS) for table in metadata.sorted_tables)
    with _tables.begin() as tx:
        tx.cursor().execute(f"TRUNCATE {names}")
    install.into(tmp_path / "credentials")
    return Town(_tables, tmp_path, free_port(), free_port())


@pytest.fixture(scope="module")
def _referrals(database_url: str) -> Iterator[Database]:
    database = Database(database_url, flush=outbox.flush_as("referrals"), pool=20)
    with database.engine.begin() as connection:
        MECHANISM.create_all(connection)
        REFERRALS.create_all(connection)
    yield database
    database.close()


@pytest.fixture
def capital(_referrals: Database, tmp_path: Path) -> Capital:
    """Nothing is served yet, and nothing has happened."""
    with _referrals.begin() as tx:
        for table in reversed([*MECHANISM.sorted_tables, *REFERRALS.sorted_tables]):
            tx.execute(table.delete())
    install.into(tmp_path / "credentials")
    return Capital(_referrals, tmp_path, free_port(), free_port())


@pytest.fixture
def open_capital(capital: Capital) -> Iterator[Capital]:
    """Issuer and service are there."""
    with capital.open():
        yield capital
