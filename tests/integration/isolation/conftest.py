"""Each service in turn, with a database of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from anning.services import load
from chassis import privacy
from chassis.service import Service


@pytest.fixture(scope="module")
def service(request: pytest.FixtureRequest) -> Service:
    """The service that the test names."""
    return load(request.param)


@pytest.fixture(scope="module")
def database_url(service: Service, new_database: Callable[[str], str]) -> str:
    """The URL of an empty database of this service."""
    return new_database(service.name)


@pytest.fixture(autouse=True)
def _process(logged: None, packs: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a process sets up when it starts: the rules in force, a key ring."""
    monkeypatch.setattr(privacy, "_ring", privacy.KeyRing.create(tmp_path / "keys.json"))
