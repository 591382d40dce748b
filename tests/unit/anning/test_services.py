"""The list of services, and the commands that take a service as argument."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from anning.cli import app
from anning.services import NAMES, load, load_all
from tests.architecture import sources


def test_the_list_contains_every_folder_with_a_service() -> None:
    assert sources.services() == NAMES
    assert [service.name for service in load_all()] == list(NAMES)


def test_the_error_for_an_unknown_service_lists_the_known_ones() -> None:
    with pytest.raises(typer.BadParameter, match=f"no service 'parcels' here; there are: {', '.join(NAMES)}"):
        load("parcels")


@pytest.mark.parametrize(
    "command",
    [["run"], ["migrate"], ["dev"], ["outbox"], ["dlq", "list"], ["dlq", "replay"], ["projection", "rebuild"]],
)
def test_the_help_of_a_command_names_every_service(command: list[str]) -> None:
    shown = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"})

    assert shown.exit_code == 0
    assert f"The service: {', '.join(NAMES)}." in shown.output


@pytest.mark.parametrize("command", ["run", "migrate"])
def test_a_command_takes_its_service_from_the_environment(command: str) -> None:
    failed = CliRunner().invoke(app, [command], env={"ANNING_SERVICE": "parcels", "COLUMNS": "200"})

    assert failed.exit_code != 0
    assert "there is no service 'parcels' here" in failed.output
