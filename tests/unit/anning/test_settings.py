"""Commands that need the settings of a service, where these are missing or invalid."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from anning.cli import app
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
]


@pytest.fixture(autouse=True)
def _without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "KAFKA", "ISSUER", "JWKS_URL"):
        monkeypatch.delenv(f"ANNING_{name}", raising=False)


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
    assert failed.stderr.splitlines() == [
        "anning: not set: ANNING_DATABASE_URL, ANNING_KAFKA, ANNING_ISSUER, ANNING_JWKS_URL"
    ]


def test_an_invalid_setting_is_named_with_its_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNING_DATABASE_POOL", "many")
    with pytest.raises(SettingsError) as error:
        load({"ANNING_DATABASE_URL": "u", "ANNING_KAFKA": "k", "ANNING_ISSUER": "i", "ANNING_JWKS_URL": "j"})
    assert str(error.value) == "ANNING_DATABASE_POOL is invalid (maximum of connections of a process)"


REQUIRED = {"ANNING_DATABASE_URL": "u", "ANNING_KAFKA": "k", "ANNING_ISSUER": "i", "ANNING_JWKS_URL": "j"}


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
    given = {"ANNING_DATABASE_URL": "u", "ANNING_KAFKA": "k", "ANNING_ISSUER": "i", "ANNING_JWKS_URL": "j", "PATH": "p"}
    loaded = load(given | {"ANNING_PORT": "8042"})
    assert (loaded.kafka, loaded.database_url, loaded.port) == ("theirs", "u", 8042)
