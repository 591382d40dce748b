"""One item or line at which a sweep or an import fails never affects its neighbours.

The sweeps and imports are found in the services: a new one without a scene fails here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from anning.services import load_all
from chassis import clock
from chassis.database import Database
from chassis.quarantine import QuarantinedItem, list_quarantined_items
from chassis.service import Service
from chassis.sweeper import Chore, Sweep, Sweeper
from tests.integration.events.depot import running, until
from tests.integration.http.issuer import Issuer
from tests.integration.isolation.scenes import CHORES, SCENES, FileScene, Scene, World, pending

FOUND = {(service.name, sweep.name): sweep for service in load_all() for sweep in service.sweeps}
CASES = [
    pytest.param(service, name, scene, id=f"{service}-{name}-{scene.name}")
    for (service, name) in FOUND
    for scene in SCENES.get((service, name), ())
]

_RAISE = """CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF %s THEN RAISE EXCEPTION 'this row is refused'; END IF; RETURN NEW; END $$"""


@contextmanager
def failing(database: Database, scene: Scene | FileScene) -> Iterator[None]:
    """Let the database refuse the row of the scene; `database` is that of its owner."""
    execute(database, _RAISE % scene.fails)
    execute(
        database,
        f"CREATE TRIGGER failing BEFORE INSERT OR UPDATE ON {scene.table} FOR EACH ROW EXECUTE FUNCTION fail()",
    )
    try:
        yield
    finally:
        execute(database, f"DROP TRIGGER failing ON {scene.table}")


def execute(database: Database, statement: str) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql(statement)


@contextmanager
def sweeping(database: Database, sweep: Sweep | Chore) -> Iterator[None]:
    stop, waiter = threading.Event(), threading.Event()
    with running([Sweeper(sweep, database, stop=stop, waiter=waiter).run], stop, waiter.set):
        yield


def held(database: Database) -> list[QuarantinedItem]:
    with database.read() as read:
        return list_quarantined_items(read, limit=100)


def test_every_sweep_has_a_scene_and_every_chore_a_reason_to_have_none() -> None:
    sweeps = {key for key, each in FOUND.items() if isinstance(each, Sweep)}
    assert sweeps == set(SCENES)
    assert set(FOUND) - sweeps == set(CHORES)


@pytest.mark.parametrize(("service", "name", "scene"), CASES, indirect=["service"], scope="module")
def test_neighbours_of_a_failing_item_are_processed_and_the_item_itself_when_its_fault_is_gone(
    service: Service,
    name: str,
    scene: Scene | FileScene,
    owned: Database,
    database: Database,
    client: TestClient,
    issuer: Issuer,
) -> None:
    sweep = FOUND[service.name, name]
    world = World(database, client, issuer)
    if isinstance(scene, FileScene):
        process_file(world, sweep, scene, owned)
    else:
        process_items(world, sweep, scene, owned)


def process_items(world: World, sweep: Sweep | Chore, scene: Scene, owned: Database) -> None:
    database = world.database
    scene.prepare(world)
    with clock.shifted(scene.later):
        assert pending(database, scene) == scene.items
        with failing(owned, scene), sweeping(database, sweep):
            until(lambda: pending(database, scene) == 1 and held(database), why=lambda: pending(database, scene))
            (item,) = held(database)
            assert (item.sweep, item.error) == (sweep.name, "RaiseException: this row is refused")
    with clock.shifted(scene.later + timedelta(hours=1)), sweeping(database, sweep):
        until(lambda: pending(database, scene) == 0 and not held(database), why=lambda: held(database))


def process_file(world: World, sweep: Sweep | Chore, scene: FileScene, owned: Database) -> None:
    lines = scene.make(world)
    with failing(owned, scene), sweeping(world.database, sweep):
        first = send(world, scene, lines)
    assert (first["lines_read"], first["accepted"], first["rejected"]) == (len(lines), len(lines) - 1, 1)
    errors = call(world, scene, f"{first['path']}/errors")["items"]
    assert [(each["line"], each["code"]) for each in errors] == [(scene.failing, "failed")]
    assert "refused" not in errors[0]["detail"]
    assert held(world.database) == []
    with sweeping(world.database, sweep):
        second = send(world, scene, lines)
    assert (second["accepted"], second["duplicates"], second["rejected"]) == (1, len(lines) - 1, 0)


def send(world: World, scene: FileScene, lines: list[str]) -> dict[str, Any]:
    """Send a file and wait until it is applied; the finished import with its path."""
    headers = world.issuer.bearer(scene.scope, org=scene.org) | {"Content-Type": scene.media_type}
    content = "\n".join([*scene.header, *lines]).encode()
    sent = world.client.post(scene.path, content=content, headers=headers)
    assert sent.status_code == 202, sent.text
    path = sent.headers["location"]
    until(lambda: call(world, scene, path)["state"] == "finished", why=lambda: call(world, scene, path))
    return call(world, scene, path) | {"path": path}


def call(world: World, scene: FileScene, path: str) -> dict[str, Any]:
    body: dict[str, Any] = world.client.get(path, headers=world.issuer.bearer(scene.scope, org=scene.org)).json()
    return body
