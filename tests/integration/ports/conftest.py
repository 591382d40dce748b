"""The ports database, and complaints to be heard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chassis import migrations, rules
from chassis.database import MECHANISM, Database
from chassis.events import outbox
from services.ports.service import SERVICE
from services.ports.store.tables import METADATA


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026")


@pytest.fixture(scope="module")
def _tables(database_url: str) -> Iterator[Database]:
    migrations.upgrade(SERVICE, database_url)
    database = Database(database_url, flush=outbox.flush_as("ports"), pool=20)
    yield database
    database.close()


@pytest.fixture
def database(_tables: Database) -> Database:
    """The module's database, empty."""
    names = ", ".join(table.name for metadata in (MECHANISM, METADATA) for table in metadata.sorted_tables)
    with _tables.begin() as tx:
        tx.cursor().execute(f"TRUNCATE {names}")
    return _tables
