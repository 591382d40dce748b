"""Commands for operators: the outbox, dead letters, quarantine, projections, the audit log, backups.

Backups are imported when they are used: every process of a service imports this module, and Alembic takes 50 ms.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import psycopg
import typer
from kafka.errors import KafkaError

from anning.local import DIRECTORY
from anning.services import NAMES, Name, load, load_all
from chassis import audit, characters, run, seals
from chassis.database import Database
from chassis.events import access, dead_letters, outbox, projections, quarantine
from chassis.events.replay import ReplayOutcome, replay
from chassis.events.topics import Catalogue
from chassis.hints import meant
from chassis.quarantine import list_quarantined_items, list_rows
from chassis.quarantine import retry as retry_items
from chassis.settings import Settings, SettingsError

if TYPE_CHECKING:
    from anning.backups.sources import Sources

_DATABASE = "ANNING_DATABASE_URL"

dlq = typer.Typer(help="Dead letters: records that cannot be decoded.", no_args_is_help=True)
quarantined = typer.Typer(help="Quarantine: events, items and rows that fail.", no_args_is_help=True)
consumer = typer.Typer(help="Consumers: partitions that are blocked.", no_args_is_help=True)
audit_log = typer.Typer(help="The audit log: who did what, and its seals.", no_args_is_help=True)
projection = typer.Typer(help="Projections: other services' facts, kept to be read.", no_args_is_help=True)


@dataclass(frozen=True)
class Operator:
    """A person at the command line, for the audit log."""

    subject: str
    organisation: str = "operator"


Directory = Annotated[
    Path, typer.Option(help="The running system of this machine, whose settings apply where the environment has none.")
]
_TIME = "%Y-%m-%d %H:%M:%S"
_MOST_ITEMS = 1_000

Topic = Annotated[str, typer.Argument(help="A topic of the catalogue, contracts/topics.yaml.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("outbox")(show_outbox)
    app.command("backup")(take_backup)
    app.command("restore")(restore_backup)
    app.add_typer(dlq, name="dlq")
    app.add_typer(quarantined, name="quarantine")
    app.add_typer(consumer, name="consumer")
    app.add_typer(projection, name="projection")
    app.add_typer(audit_log, name="audit")


def show_outbox(service: Name, directory: Directory = DIRECTORY) -> None:
    """Show the unpublished events by topic, and the age of the oldest one."""
    loaded = settings_of(service, directory)
    with run.opened(load(service), loaded) as database, database.read() as read:
        waiting = outbox.unpublished(read)
        age = outbox.oldest_unpublished(read)
    for topic, count in waiting.items():
        typer.echo(f"{count:>10}  {topic}")
    typer.echo(f"{sum(waiting.values()):>10}  in all; the oldest for {age.total_seconds():.1f} s")


def take_backup(
    folder: Annotated[Path, typer.Argument(help="The new folder of the backup.")], directory: Directory = DIRECTORY
) -> None:
    """Back up the databases and key rings of all services at one moment, while they run."""
    from anning.backups.taking import take

    _follow(lambda: take(_sources(directory, access.BACKUP), folder))
    typer.echo(f"backup in {folder}: it contains keys and personal data")


def restore_backup(
    folder: Annotated[Path, typer.Argument(help="The folder of the backup.")],
    replication: Annotated[int, typer.Option(help="Replicas of each topic that is created.")] = 1,
    directory: Directory = DIRECTORY,
) -> None:
    """Restore a backup into empty databases and a broker without records, before the services start."""
    from anning.backups.restoring import restore

    _follow(lambda: restore(_sources(directory, access.OPERATOR), folder, replication))
    typer.echo("restored: start the services")


def _follow(steps: Callable[[], Iterable[str]]) -> None:
    from anning.backups.sources import BackupError

    try:
        for step in steps():
            typer.echo(step)
    except (BackupError, psycopg.OperationalError, KafkaError) as error:
        typer.echo(f"anning: {error}", err=True)
        raise typer.Exit(1) from error


def _sources(directory: Path, user: str) -> Sources:
    """The data of all services: of the environment, or of the system that runs in the directory, whose broker is used
    as `user`."""
    from anning.backups.sources import Sources, of_environment

    variables = {name: of_environment(name) or _of_running_system(name, directory, user) for name in NAMES}
    topics = os.environ.get("ANNING_TOPICS_FILE") or next(iter(variables.values())).get("ANNING_TOPICS_FILE")
    return Sources.of(variables, Path(topics or "contracts/topics.yaml"))


@dlq.command("list")
def list_dead_letters(
    service: Name,
    topic: Topic,
    start: Annotated[int, typer.Option(help="The first offset to show.")] = 0,
    directory: Directory = DIRECTORY,
) -> None:
    """Show the dead letters of a service for a topic, oldest first."""
    loaded = settings_of(service, directory)
    count = 0
    for letter in dead_letters.read(loaded.broker, run.catalogue(loaded), topic, load(service).name, start):
        count += 1
        where = f"{letter.topic}[{letter.partition}]@{letter.original_offset}"
        typer.echo(f"{letter.offset:>6}  {letter.at:%Y-%m-%d %H:%M:%S}  {where}  {letter.reason}")
    typer.echo(f"{count} dead letters")


@quarantined.command("list")
def list_quarantine(service: Name, directory: Directory = DIRECTORY) -> None:
    """Show the events, items of sweeps and rows that a service has in quarantine, and when they are tried again."""
    with run.opened(load(service), settings_of(service, directory)) as database, database.read() as read:
        events = quarantine.list_events(read)
        items = list_quarantined_items(read, limit=_MOST_ITEMS)
        rows = list_rows(read)
    for event in events:
        where = f"{event.topic}[{event.partition}]@{event.offset}"
        typer.echo(f"{event.next_at:{_TIME}}  {event.group}  {where}  {event.key}  {event.tries} tries  {event.error}")
    for item in items:
        typer.echo(f"{item.next_at:{_TIME}}  sweep {item.sweep}  {item.item}  {item.tries} tries  {item.error}")
    for table, content in rows:
        typer.echo(f"row of {table}: {msgspec.json.encode(content).decode()}")
    typer.echo(f"{len(events)} quarantined events, {len(items)} items, {len(rows)} rows")


@quarantined.command("retry")
def retry_quarantine(service: Name, directory: Directory = DIRECTORY) -> None:
    """Try what a service has in quarantine again now, such as after the release of a fixed handler."""
    with run.opened(load(service), settings_of(service, directory)) as database, database.begin() as tx:
        events, items = quarantine.retry(tx), retry_items(tx)
    typer.echo(f"{events} events and {items} items of {service} are tried again now")


@consumer.command("release")
def release_partition(
    service: Name,
    topic: Topic,
    partition: Annotated[int, typer.Argument(help="The partition that is blocked.")],
    reason: Annotated[str, typer.Option(help="Why its failing records may be set aside; kept in the audit log.")],
    directory: Directory = DIRECTORY,
) -> None:
    """Let a partition continue that is blocked by too many failures: the count of them begins again."""
    loaded = settings_of(service, directory)
    catalogue = run.catalogue(loaded)
    _check_partition(catalogue, load(service).name, topic, partition)
    if not characters.visible(reason).strip():
        raise typer.BadParameter("the reason is blank; the audit log keeps it, so it must say why")
    physical = catalogue.physical(topic)
    with run.opened(load(service), loaded) as database, database.begin() as tx:
        counted = quarantine.release(tx, physical, partition)
        audit.record(tx, Operator(getpass.getuser()), "partition-released", f"{topic}[{partition}]", reason)
    typer.echo(f"{topic}[{partition}]: {counted} failures of {service} are no longer counted")


def _check_partition(catalogue: Catalogue, service: str, topic: str, partition: int) -> None:
    """Raises BadParameter for a topic or partition that is not in the catalogue, or that the service does not read."""
    known = catalogue.topics.get(topic)
    if known is None:
        raise typer.BadParameter(f"there is no topic {topic!r}{meant(topic, catalogue.topics)}")
    if service not in known.consumers:
        raise typer.BadParameter(
            f"{service} does not consume {topic}; it is for {', '.join(known.consumers) or 'none'}"
        )
    if not 0 <= partition < known.partitions:
        raise typer.BadParameter(f"{topic} has no partition {partition}; it has 0 to {known.partitions - 1}")


@dlq.command("replay")
def replay_dead_letters(
    service: Name,
    topic: Topic,
    start: Annotated[int, typer.Option(help="The first offset to replay.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="How many records at most.")] = 100,
    dry_run: Annotated[bool, typer.Option(help="Only show what would be done.")] = False,
    directory: Directory = DIRECTORY,
) -> None:
    """Run a service's own handlers on its dead letters. Processed records are skipped."""
    loaded = settings_of(service, directory)
    loaded_service = load(service)
    failing = 0
    with run.opened(loaded_service, loaded) as database:
        for each in replay(
            loaded_service.name,
            loaded_service.reactions,
            loaded_service.projections,
            database,
            loaded.broker,
            run.catalogue(loaded),
            topic,
            start=start,
            limit=limit,
            dry_run=dry_run,
        ):
            failing += each.outcome is ReplayOutcome.STILL_FAILING
            typer.echo(f"{each.letter.offset:>6}  {each.outcome.value}  {each.detail}")
    if failing:
        raise typer.Exit(code=1)


@projection.command("rebuild")
def rebuild_projection(
    service: Name,
    name: Annotated[str, typer.Argument(help="The projection, as the service's README names it.")],
    directory: Directory = DIRECTORY,
) -> None:
    """Empty a projection, so that the running workers build it again; reactions and sweeps wait for it."""
    loaded = settings_of(service, directory)
    loaded_service = load(service)
    found = next((each for each in loaded_service.projections if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in loaded_service.projections) or "none"
        raise typer.BadParameter(f"{service} has no projection {name!r}; it has: {known}")
    database = Database(loaded.database_url, pool=1)
    try:
        with database.begin() as tx:
            generation = projections.rebuild(tx, found)
    finally:
        database.close()
    typer.echo(f"{service}: projection {name} starts generation {generation}")


@audit_log.command("verify")
def verify_audit_log(
    service: Name,
    noted: Annotated[
        str | None, typer.Option("--seal", help="The hash of an earlier seal, which must be in the chain.")
    ] = None,
    directory: Directory = DIRECTORY,
) -> None:
    """Compute every seal of the audit log of a service again. The first difference is named, and the exit code is 1."""
    with run.opened(load(service), settings_of(service, directory)) as database, database.read() as read:
        try:
            verified = seals.verify(read, None if noted is None else _hash_of(noted))
        except seals.DifferenceError as difference:
            typer.echo(f"{service}: {difference}")
            raise typer.Exit(1) from difference
    typer.echo(f"{service}: {verified.entries} entries in {verified.seals} seals are as they were sealed")
    typer.echo(f"{verified.waiting} wait for their seal; the last seal is {verified.last.hex()}")


def _hash_of(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not the hash of a seal, which has 64 hexadecimal digits") from None


def settings_of(service: str, directory: Path) -> Settings:
    """The settings of the environment, or those of the system that runs in the directory. Raises SettingsError."""
    if _DATABASE in os.environ:
        return run.settings()
    found = _of_running_system(service, directory)
    if not found:
        raise SettingsError(
            f"{_DATABASE} is not set, and no system with a database of {service} runs in {directory}: "
            "start it with `make up`, or set the variables that chassis/settings.py lists"
        )
    return run.settings(found)


def _of_running_system(service: str, directory: Path, user: str | None = None) -> Mapping[str, str]:
    """The variables of a service in the system that runs in the directory, with another user of the broker where one is
    given; empty where no such system runs."""
    if find_spec("standalone") is None:
        return {}  # in an image of a service
    from standalone import running
    from standalone.system import System

    if running.runner(directory) is None:
        return {}
    try:
        return System(directory, load_all(), declared_ports=True).owner_environment(service, user)
    except KeyError:
        return {}  # the service is newer than the start of the system
