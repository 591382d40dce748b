"""The command line: the one composition root. A service is loaded by its name, when it is run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from anning import operations
from anning.services import NAMES, load
from chassis import run

app = typer.Typer(
    name="anning", help="Govern spam SMS: run, migrate and look after the services.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="The service: complaints, referrals, ports, credit.")]


@app.command("run")
def run_service(
    service: Name,
    role: Annotated[run.Role, typer.Option(help="What of the service this process is.")] = run.Role.ALL,
) -> None:
    """Run a service: its API, its worker, or both."""
    run.serve(load(service), role)


@app.command()
def migrate(service: Name, replication: Annotated[int, typer.Option(help="Replicas of new topics.")] = 1) -> None:
    """Bring a service's database to its newest revision and create the topics that it owns."""
    for line in run.prepare(load(service), replication):
        typer.echo(line)


@app.command()
def migration(
    service: Name,
    message: Annotated[str, typer.Argument(help="Why, in a sentence; the file is named after it.")],
    empty: Annotated[bool, typer.Option(help="Without statements, for SQL that no table asks for.")] = False,
) -> None:
    """Write a migration from what changed in a service's tables since its newest revision."""
    from chassis.migrations import generation
    from standalone.postgres import EmbeddedPostgres

    loaded = load(service)
    with (
        tempfile.TemporaryDirectory(prefix="anning-migration-") as folder,
        EmbeddedPostgres(Path(folder), settings={"fsync": "off"}) as postgres,
    ):
        try:
            written = generation.write(loaded, postgres.create_database("scratch"), message, empty=empty)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    if not written:
        raise typer.Exit(_complain(f"nothing to migrate: {service}'s newest revision makes the tables in the code"))
    for path in written:
        typer.echo(path)
    typer.echo("Read and edit (docs/migrations.md), then: make test ARGS=tests/architecture/test_migrations.py")


@app.command()
def demo(
    given: Annotated[
        Path | None, typer.Option("--input", help="A folder with ports.csv, complaints.ndjson.gz.")
    ] = None,
    summary: Annotated[Path | None, typer.Option(help="Where to write the figures, as JSON.")] = None,
) -> None:
    """Start everything, let complaints flow to executed orders, tell the story, and leave nothing running."""
    from rich.console import Console

    from standalone import demo as demonstration
    from standalone.processes import ProcessFailed

    try:
        demonstration.run(NAMES, given, summary, Console(highlight=False, soft_wrap=True))
    except (demonstration.DemoFailed, ProcessFailed) as error:
        raise typer.Exit(_complain(error)) from error


@app.command()
def up(
    directory: Annotated[Path, typer.Option(help="Where data, keys and logs are kept.")] = Path(".anning"),
) -> None:
    """Start everything on data that is kept, until Ctrl-C."""
    from rich.console import Console

    from standalone import demo as demonstration
    from standalone.processes import ProcessFailed

    try:
        demonstration.up(NAMES, directory, Console(highlight=False, soft_wrap=True))
    except (demonstration.DemoFailed, ProcessFailed) as error:
        raise typer.Exit(_complain(error)) from error


def _complain(error: object) -> int:
    typer.echo(f"anning: {error}", err=True)
    return 1


operations.add_to(app)
