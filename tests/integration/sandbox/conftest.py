"""The databases of ports and referrals, and the services on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis import logs, rules
from chassis.database import MECHANISM, Database
from chassis.events import outbox
from contracts.carriers import CARRIERS
from sandbox import install
from services.ports.store.tables import METADATA as PORTS
from services.referrals.store.tables import METADATA as REFERRALS
from tests.integration.ports.scenes import open_initial_load
from tests.integration.sandbox.ports_simulation import PortsSimulation
from tests.integration.sandbox.referrals_simulation import ReferralsSimulation


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    logs.configure("WARNING", "console")


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026,demo")


@pytest.fixture(scope="module")
def _ports(database_url: str) -> Iterator[Database]:
    database = Database(database_url, flush=outbox.flush_as("ports"))
    with database.engine.begin() as connection:
        MECHANISM.create_all(connection)
        PORTS.create_all(connection)
    yield database
    database.close()


@pytest.fixture
def ports(_ports: Database, tmp_path: Path) -> PortsSimulation:
    """The ports service on empty tables; it does not run yet."""
    names = ", ".join(table.name for metadata in (MECHANISM, PORTS) for table in metadata.sorted_tables)
    with _ports.begin() as tx:
        tx.cursor().execute(f"TRUNCATE {names}")
    for carrier in CARRIERS:
        open_initial_load(_ports, carrier)
    install.into(tmp_path / "credentials")
    return PortsSimulation(_ports, tmp_path)


@pytest.fixture
def running_ports(ports: PortsSimulation) -> Iterator[PortsSimulation]:
    """The same; issuer and service run."""
    with ports.running():
        yield ports


@pytest.fixture(scope="module")
def _referrals(database_url: str) -> Iterator[Database]:
    database = Database(database_url, flush=outbox.flush_as("referrals"), pool=20)
    with database.engine.begin() as connection:
        MECHANISM.create_all(connection)
        REFERRALS.create_all(connection)
    yield database
    database.close()


@pytest.fixture
def referrals(_referrals: Database, tmp_path: Path) -> ReferralsSimulation:
    """The referrals service on empty tables; it does not run yet."""
    with _referrals.begin() as tx:
        for table in reversed([*MECHANISM.sorted_tables, *REFERRALS.sorted_tables]):
            tx.execute(table.delete())
    install.into(tmp_path / "credentials")
    return ReferralsSimulation(_referrals, tmp_path)


@pytest.fixture
def running_referrals(referrals: ReferralsSimulation) -> Iterator[ReferralsSimulation]:
    """The same; issuer, service and sweeps run."""
    with referrals.running():
        yield referrals
