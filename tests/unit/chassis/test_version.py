"""The version is defined in one place, from which all others read it."""

from __future__ import annotations

from importlib.metadata import version

from typer.testing import CliRunner

from anning.cli import app
from chassis.version import VERSION


def test_the_distribution_and_the_command_line_state_the_version() -> None:
    assert version("anning") == VERSION
    assert CliRunner().invoke(app, ["--version"]).stdout.strip() == VERSION
