"""Commands for one machine: the demonstration, the running system, development of one service, tokens."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anning.services import Name, load, load_all
from contracts.carriers import CARRIERS

if TYPE_CHECKING:
    from rich.console import Console

DIRECTORY = Path(".anning")

Directory = Annotated[Path, typer.Option(help="Where data, keys and logs are kept.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (demo, up, dev, infrastructure, down, token, migration):
        app.command()(command)


def demo(
    given: Annotated[
        Path | None, typer.Option("--input", help="A folder with ports.csv, complaints.ndjson.gz.")
    ] = None,
    summary: Annotated[Path | None, typer.Option(help="Where to write the figures, as JSON.")] = None,
) -> None:
    """Start everything, run complaints through to executed orders, print the story, and leave nothing running."""
    from standalone import demo as demonstration

    with _failing_with_a_line(*demonstration.FAILURES):
        demonstration.run(load_all(), given, summary, _console())


def up(
    directory: Directory = DIRECTORY,
    load_demo: Annotated[
        bool, typer.Option("--demo", help="Load the demonstration's data into a system that has none.")
    ] = False,
) -> None:
    """Start everything on stored data, until Ctrl-C."""
    from sandbox.install import client_id_of
    from standalone import kept

    elsewhere = "" if directory == DIRECTORY else f" --directory {directory}"
    some_client = client_id_of(f"carrier:{next(iter(CARRIERS))}")
    hints = [f"A token:    .venv/bin/anning token {some_client}{elsewhere}"]
    if not load_demo:
        with_demo = f".venv/bin/anning up --demo{elsewhere}" if elsewhere else "make up DEMO=1"
        hints.append(f"Demo data:  stop this, then {with_demo} loads it into a system that has no data yet")
    with _failing_with_a_line(*kept.FAILURES):
        kept.up(load_all(), directory, _console(), load_demo=load_demo, hints=hints)


def dev(service: Name, directory: Directory = DIRECTORY) -> None:
    """Run the API and the worker of one service, restarted when a source changes, until Ctrl-C.

    PostgreSQL, Kafka and the token issuer start in the background, once; `down` stops them. Carriers and authorities do
    not act.
    """
    from standalone import dev as development
    from standalone import kept

    with _failing_with_a_line(*kept.FAILURES):
        development.dev(load(service), load_all(), directory, _console())


def infrastructure(directory: Directory = DIRECTORY) -> None:
    """Start PostgreSQL, Kafka and the token issuer, with databases and topics, until Ctrl-C. `dev` does this too."""
    from standalone import kept

    with _failing_with_a_line(*kept.FAILURES):
        kept.infrastructure(load_all(), directory, _console())


def down(directory: Directory = DIRECTORY) -> None:
    """Stop the infrastructure of `dev`, or a running `up`."""
    from standalone import kept, running

    with _failing_with_a_line(*kept.FAILURES, TimeoutError):
        stopped = running.stop(directory)
    typer.echo(f"stopped `anning {stopped.command}`" if stopped else f"no system runs in {directory}")


def token(
    name: Annotated[
        str,
        typer.Argument(help="The person or client: MIIT-reviewer, carrier-CMCC; for an unknown one all are listed."),
    ],
    directory: Directory = DIRECTORY,
    credentials: Annotated[
        Path | None,
        typer.Option(envvar="ANNING_SANDBOX_DIRECTORY", help="Where the clients' secrets are, if not in DIRECTORY."),
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(envvar="ANNING_SANDBOX_ISSUER", help="The issuer as tokens name it, if not that of DIRECTORY."),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(envvar="ANNING_SANDBOX_TOKEN_URL", help="Where the issuer is reached, if not at that address."),
    ] = None,
) -> None:
    """Print an access token of a person or client of the running system; the sandbox's container sets the variables."""
    from anning.tokens import TokenRefused, access_token

    with _failing_with_a_line(TokenRefused):
        if credentials is None or issuer is None:
            from standalone import addresses

            ports = addresses.known(directory)
            if not ports:
                raise TokenRefused(f"nothing was started over {directory} yet: start the system with `make up`")
            credentials, issuer = directory / "credentials", addresses.url(ports[addresses.SANDBOX])
        typer.echo(access_token(name, credentials, issuer, address or issuer))


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


@contextmanager
def _failing_with_a_line(*failures: type[Exception]) -> Iterator[None]:
    """Exit with 1 and a line on stderr for these errors."""
    try:
        yield
    except failures as error:
        typer.echo(f"anning: {error}", err=True)
        raise typer.Exit(1) from error


def migration(
    service: Name,
    message: Annotated[str, typer.Argument(help="Why, in a sentence; the file is named after it.")],
    empty: Annotated[bool, typer.Option(help="Without statements, for SQL that no table requires.")] = False,
) -> None:
    """Write a migration from the changes of a service's tables since its newest revision."""
    from chassis.migrations import generation
    from standalone.postgres import EmbeddedPostgres

    with (
        _failing_with_a_line(generation.NotWritten),
        tempfile.TemporaryDirectory(prefix="anning-migration-") as folder,
        EmbeddedPostgres(Path(folder), settings={"fsync": "off"}) as postgres,
    ):
        for path in generation.write(load(service), postgres.create_database("scratch"), message, empty=empty):
            typer.echo(path)
    typer.echo("Read and edit it (docs/migrations.md), then: make test ARGS=tests/architecture/test_migrations.py")
