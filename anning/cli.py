"""The command line: the only composition root. It loads a service by name when it runs it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from anning import keys, local, operations
from anning.services import HELP, load
from chassis import run
from chassis.settings import SettingsError
from chassis.version import VERSION


class _Commands(TyperGroup):
    """Commands that need the settings of a service end with a line where these are missing."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            typer.echo(f"anning: {error}", err=True)
            raise typer.Exit(1) from error


app = typer.Typer(name="anning", cls=_Commands, no_args_is_help=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Govern spam SMS: run, migrate and look after the services."""


Name = Annotated[str, typer.Argument(help=HELP, envvar="ANNING_SERVICE")]
"""The argument of commands with no other argument; the image of a service sets the variable."""


@app.command("run")
def run_service(
    service: Name,
    role: Annotated[run.Role, typer.Option(help="Which part of the service this process runs.")] = run.Role.ALL,
) -> None:
    """Run a service: its API, its worker, or both."""
    run.serve(load(service), role)


@app.command()
def migrate(
    service: Name, replication: Annotated[int, typer.Option(help="Replication factor of new topics.")] = 1
) -> None:
    """Bring a service's database to its newest revision and create the topics that it owns."""
    for line in run.prepare(load(service), replication):
        typer.echo(line)


local.add_to(app)
operations.add_to(app)
keys.add_to(app)
