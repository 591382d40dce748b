"""Commands that need the settings of a service, where these are missing or invalid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from anning.cli import app
from chassis.broker import Broker
from chassis.events import kafka as clients
from chassis.settings import SettingsError, load

OPERATIONS = [
    ["outbox", "ports"],
    ["dlq", "list", "ports", "complaints.complaints.v1"],
    ["dlq", "replay", "ports", "complaints.complaints.v1"],
    ["quarantine", "list", "ports"],
    ["quarantine", "retry", "ports"],
    ["consumer", "release", "ports", "complaints.complaints.v1", "0", "--reason", "a test"],
    ["projection", "rebuild", "credit", "enterprises"],
    ["audit", "verify", "ports"],
    ["keys", "list", "complaints"],
    ["keys", "rotate", "complaints", "--reason", "a test"],
    ["keys", "destroy", "complaints", "2026Q1", "text", "--reason", "a test"],
]

REQUIRED = {
    "ANNING_DATABASE_URL": "u",
    "ANNING_KAFKA": "k",
    "ANNING_KAFKA_USERNAME": "n",
    "ANNING_KAFKA_PASSWORD_FILE": "p",
    "ANNING_ISSUER": "i",
    "ANNING_JWKS_URL": "j",
}


@pytest.fixture(autouse=True)
def _without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in REQUIRED:
        monkeypatch.delenv(name, raising=False)


def anning(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("command", OPERATIONS, ids=lambda command: "-".join(command[:2]))
def test_a_command_for_operators_states_that_no_system_runs(command: list[str], tmp_path: Path) -> None:
    failed = anning(*command, "--directory", str(tmp_path))

    assert failed.exit_code == 1
    (line,) = failed.stderr.splitlines()
    assert line.startswith("anning: ANNING_DATABASE_URL is not set, and no system")
    assert "make up" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["run", "migrate"])
def test_a_process_without_settings_names_the_variables(command: str) -> None:
    failed = anning(command, "ports")

    assert failed.exit_code == 1
    assert failed.stderr.splitlines() == [f"anning: not set: {', '.join(REQUIRED)}"]


def test_an_invalid_setting_is_named_with_its_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNING_DATABASE_POOL", "many")
    with pytest.raises(SettingsError) as error:
        load(REQUIRED)
    assert str(error.value) == "ANNING_DATABASE_POOL is invalid (maximum of connections of a process)"


def test_proxies_are_addresses_and_networks() -> None:
    assert load(REQUIRED).proxies == ()
    found = load(REQUIRED | {"ANNING_PROXIES": "192.0.2.7, 2001:db8::/32"}).proxies
    assert [str(each) for each in found] == ["192.0.2.7/32", "2001:db8::/32"]


@pytest.mark.parametrize("proxies", ["proxy.example", "192.0.2.7/24", "192.0.2.300"])
def test_a_proxy_without_an_address_is_refused(proxies: str) -> None:
    with pytest.raises(SettingsError, match="ANNING_PROXIES is invalid"):
        load(REQUIRED | {"ANNING_PROXIES": proxies})


def test_the_environment_wins_over_the_settings_of_a_running_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNING_KAFKA", "theirs")
    loaded = load(REQUIRED | {"PATH": "p", "ANNING_PORT": "8042"})
    assert (loaded.kafka, loaded.database_url, loaded.port) == ("theirs", "u", 8042)


def test_the_broker_of_a_process_is_that_of_its_variables() -> None:
    plain = Broker("k", "n", Path("p"))
    encrypted = replace(plain, ca_file=Path("ca.pem"))

    for broker in (plain, encrypted):
        assert load(REQUIRED | broker.variables).broker == Broker.of(broker.variables) == broker


def test_a_changed_password_is_used_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "password"
    broker = Broker("k", "n", file)
    for password in ("first", "second"):
        file.write_text(f"{password}\n")
        assert clients.session(broker)["sasl_plain_password"] == password


def test_a_client_without_its_certificates_does_not_connect_without_tls(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.touch()
    with pytest.raises(FileNotFoundError):
        clients.session(Broker("k", "n", file, tmp_path / "missing"))
