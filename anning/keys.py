"""Commands for operators: the key ring of a service, and its data keys."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from anning.local import DIRECTORY
from anning.operations import Directory, Operator, settings_of
from anning.services import Name, load
from chassis import audit, characters, data_keys, privacy, run
from chassis.service import Service
from chassis.settings import SettingsError

keys = typer.Typer(help="The key ring of a service, and its data keys by quarter and class.", no_args_is_help=True)

_TIME = "%Y-%m-%d %H:%M:%S"

Reason = Annotated[str, typer.Option(help="Why; kept in the audit log.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(keys, name="keys")


@keys.command("list")
def list_keys(service: Name, directory: Directory = DIRECTORY) -> None:
    """Show the data keys of a service, and the key of the ring by which each is wrapped."""
    with run.opened(_personal(service), settings_of(service, directory)) as database, database.read() as read:
        rows = data_keys.list_keys(read)
    for row in rows:
        state = f"destroyed {row.destroyed_at:{_TIME}}" if row.destroyed_at else f"wrapped by {row.wrapped_by}"
        typer.echo(f"{row.quarter}  {row.kind:<12}  made {row.created_at:{_TIME}}  {state}")
    typer.echo(f"{len(rows)} data keys")


@keys.command("rotate")
def rotate_keys(service: Name, reason: Reason, directory: Directory = DIRECTORY) -> None:
    """Add a key to the ring of a service and wrap all its data keys by it. Running processes need no restart. Where it
    fails after the first step, run it again."""
    loaded = settings_of(service, directory)
    _check_reason(reason)
    with run.opened(_personal(service), loaded) as database:
        if loaded.keys_file is None:
            raise SettingsError("not set: ANNING_KEYS_FILE, the key ring of the service")
        ring = privacy.KeyRing.rotate(loaded.keys_file)
        with database.begin() as tx:
            wrapped = data_keys.rewrap(tx, ring)
            audit.record(tx, Operator(getpass.getuser()), "keys-rotated", f"key:{ring.current}", reason)
    typer.echo(f"{service}: {ring.current} is the current key; {wrapped} data keys are wrapped by it")


@keys.command("destroy")
def destroy_key(
    service: Name,
    quarter: Annotated[str, typer.Argument(help="A quarter that is over, such as 2026Q1.")],
    kind: Annotated[str, typer.Argument(metavar="CLASS", help="The class, such as text or number.")],
    reason: Reason,
    directory: Directory = DIRECTORY,
) -> None:
    """Destroy a data key, and so erase that class of that quarter for ever, in each copy of the database."""
    loaded_service = _personal(service)
    _check_reason(reason)
    if kind not in loaded_service.data_classes:
        raise typer.BadParameter(f"{service} has no class {kind!r}; it has: {', '.join(loaded_service.data_classes)}")
    with run.opened(loaded_service, settings_of(service, directory)) as database, database.begin() as tx:
        try:
            destroyed = data_keys.destroy(tx, quarter, kind)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        if destroyed:
            audit.record(tx, Operator(getpass.getuser()), "key-destroyed", f"data-key:{quarter}:{kind}", reason)
    done = "is destroyed" if destroyed else "was destroyed before"
    typer.echo(f"{service}: the data key {kind} of {quarter} {done}; backups made before still have it")


def _personal(service: str) -> Service:
    """The service. Raises BadParameter where it has no data keys."""
    loaded = load(service)
    if not loaded.data_classes:
        raise typer.BadParameter(f"{service} has no data keys")
    return loaded


def _check_reason(reason: str) -> None:
    if not characters.visible(reason).strip():
        raise typer.BadParameter("the reason is blank; the audit log keeps it, so it must state why")
