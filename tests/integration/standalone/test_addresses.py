"""The ports of a standalone system: the declared ports if they are free, and the same ports after every restart."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from anning.services import load_all
from sandbox.settings import ISSUER_PORT
from standalone import addresses
from standalone.processes import claim, free_port, in_use
from standalone.system import System


def test_a_part_gets_its_wanted_port_unless_it_is_taken(tmp_path: Path) -> None:
    wanted = free_port()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        assigned = addresses.assigned(tmp_path, ["one", "two", "three"], {"one": wanted, "two": taken})

    assert assigned["one"] == wanted
    assert len({*assigned.values(), taken}) == 4


def test_a_part_keeps_its_port(tmp_path: Path) -> None:
    before = addresses.assigned(tmp_path, ["one", "two"], {})
    after = addresses.assigned(tmp_path, ["two", "three"], {"two": free_port()})

    assert after.items() >= before.items()
    assert addresses.known(tmp_path) == after


def test_no_port_is_known_before_the_first_start(tmp_path: Path) -> None:
    assert addresses.known(tmp_path / "new") == {}


def test_apis_and_issuer_have_the_declared_ports(tmp_path: Path) -> None:
    system = System(tmp_path, load_all(), rule_packs="CN-2015", declared_ports=True)

    expected = {system.url(service.name): service.http_port for service in load_all()} | {system.issuer: ISSUER_PORT}
    for url, port in expected.items():
        assert url == addresses.url(port) or in_use(port) or not claim(port), "another system has the declared port"


def test_only_services_with_personal_data_get_a_key_ring(tmp_path: Path) -> None:
    system = System(tmp_path, load_all(), rule_packs="CN-2015")
    (tmp_path / "postgres").mkdir()
    passwords = {f"anning_{service.name}": "secret" for service in load_all()}
    (tmp_path / "postgres" / "passwords.json").write_text(json.dumps(passwords))

    for service in load_all():
        assert ("ANNING_KEYS_FILE" in system.environment(service.name, "api")) == service.personal
