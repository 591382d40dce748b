"""`anning token NAME` prints a token, or the reason of a failure."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from anning.cli import app
from sandbox import install, issuer
from standalone import addresses
from standalone.addresses import SANDBOX
from standalone.processes import free_port
from tests.integration.sandbox.serving import served


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory as a standalone system leaves it: credentials, and the ports of its parts."""
    install.into(tmp_path / "credentials")
    addresses.assigned(tmp_path, [SANDBOX], {})
    return tmp_path


def token(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(app, ["token", *arguments], env=environment)


def claims(printed: str) -> dict[str, str]:
    payload = printed.strip().split(".")[1]
    found: dict[str, str] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def test_it_prints_a_token_of_the_client(directory: Path) -> None:
    port = addresses.known(directory)[SANDBOX]
    with served(issuer.create_app(directory / "credentials", addresses.url(port), "anning"), port):
        printed = token("regulator-MIIT", "--directory", str(directory))

    assert printed.exit_code == 0, printed.output
    assert len(printed.output.splitlines()) == 1
    assert claims(printed.output)["client_id"] == "regulator-MIIT"
    assert claims(printed.output)["org"] == "regulator:MIIT"


def test_it_prints_a_token_of_a_person_of_the_issuer_of_the_system(directory: Path) -> None:
    printed = token("MIIT-reviewer", "--directory", str(directory))

    assert printed.exit_code == 0, printed.output
    found = claims(printed.output)
    assert (found["org"], found["acr"]) == ("regulator:MIIT", "2")
    assert found["iss"] == addresses.url(addresses.known(directory)[SANDBOX])


def test_variables_of_a_container_give_credentials_and_issuer(directory: Path) -> None:
    port = free_port()
    with served(issuer.create_app(directory / "credentials", "http://127.0.0.1:8009", "anning"), port) as url:
        printed = token(
            "carrier-CMCC",
            ANNING_SANDBOX_DIRECTORY=str(directory / "credentials"),
            ANNING_SANDBOX_ISSUER="http://127.0.0.1:8009",
            ANNING_SANDBOX_TOKEN_URL=url,
        )

    assert claims(printed.output)["iss"] == "http://127.0.0.1:8009"


def test_an_unknown_client_is_answered_with_the_known_ones(directory: Path) -> None:
    failed = token("carrier-NONE", "--directory", str(directory))

    assert failed.exit_code == 1
    assert "there is no person or client 'carrier-NONE'" in failed.output
    for each in install.clients(directory / "credentials"):
        assert each.client_id in failed.output
        assert each.secret not in failed.output


def test_where_no_issuer_answers_the_message_names_the_command_that_starts_one(directory: Path) -> None:
    failed = token("carrier-CMCC", "--directory", str(directory))

    assert failed.exit_code == 1
    port = addresses.known(directory)[SANDBOX]
    assert failed.output == f"anning: nothing answers at http://127.0.0.1:{port}: start the system with `make up`\n"


def test_a_directory_without_a_system_is_reported(tmp_path: Path) -> None:
    failed = token("carrier-CMCC", "--directory", str(tmp_path))

    assert failed.exit_code == 1
    assert failed.output == f"anning: nothing was started over {tmp_path} yet: start the system with `make up`\n"


def test_an_issuer_of_another_installation_refuses_the_client(directory: Path, tmp_path: Path) -> None:
    install.into(tmp_path / "other")
    port = addresses.known(directory)[SANDBOX]
    with served(issuer.create_app(tmp_path / "other", addresses.url(port), "anning"), port):
        failed = token("carrier-CMCC", "--directory", str(directory))

    assert failed.exit_code == 1
    assert "refused carrier-CMCC: HTTP 401" in failed.output
