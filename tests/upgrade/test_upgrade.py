"""The code takes over from the last release: its data, its topics, and its processes that still run meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from anning.services import NAMES, load
from chassis import clock, logs, migrations, privacy, rules
from chassis.database import Database
from chassis.events import projections
from chassis.migrations import LOCK_TIMEOUT, STATEMENT_TIMEOUT
from chassis.migrations.generation import mechanism_tables
from standalone.demo import RULE_PACKS
from tests.architecture import schema
from tests.faults.crowd import complaint
from tests.faults.running import eventually
from tests.integration.http.issuer import Issuer
from tests.parts.protocols import Kafka
from tests.upgrade.load import Load
from tests.upgrade.release import Release
from tests.upgrade.running import Platform, catalogue, platform

pytestmark = pytest.mark.timeout(300)

MOST_BYTES = 1_000_000

UNCHANGED = ("filed", "assessed", "attribution", "in_clues", "set_aside", "listings", "refused_filings")
"""Figures that records received a second time must not change; deadlines may pass meanwhile, which others count."""

LONGEST_WAIT_SECONDS = sum(int(limit.removesuffix("s")) for limit in (LOCK_TIMEOUT, STATEMENT_TIMEOUT))
"""How long a migration may block others: until it gives up waiting for its lock, and then its statement."""


@pytest.fixture(scope="module")
def restored(release: Release, new_database: Callable[[str], str]) -> dict[str, str]:
    """The databases of the release, by service; empty ones of services that are new."""
    urls = {name: new_database(name) for name in NAMES}
    for name in release.services:
        release.restore_database(name, urls[name])
    return urls


@pytest.fixture(scope="module")
def loads(release: Release, restored: dict[str, str]) -> dict[str, Load]:
    """What went on in each database of the release while it was migrated."""
    with ExitStack() as stack:
        loads = {name: stack.enter_context(Load(restored[name])) for name in release.services}
        for name, url in restored.items():
            migrations.upgrade(load(name), url)
        for each in loads.values():
            each.go_through()
    return loads


@pytest.fixture(scope="module")
def upgraded(
    release: Release,
    restored: dict[str, str],
    loads: dict[str, Load],
    kafka: Kafka,
    issuer: Issuer,
    topic_prefix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Platform]:
    """The services of the code over what the release left, at the time at which it left it."""
    topics = catalogue(topic_prefix)
    topics.create(kafka.bootstrap, NAMES)
    release.restore_topics(kafka.bootstrap, topics)
    ring = privacy.KeyRing.load(release.restore_keys(tmp_path_factory.mktemp("keys")))
    logs.configure("INFO", "json")
    with (
        pytest.MonkeyPatch.context() as process,
        clock.shifted(release.taken_at - datetime.now(UTC)),
        platform(restored, kafka.bootstrap, topics, issuer, [*release.imports]) as services,
    ):
        process.setattr(privacy, "_ring", ring)
        process.setattr(rules, "_packs_in_force", None)
        rules.use_packs(RULE_PACKS)
        yield services


def test_a_release_takes_at_most_a_megabyte(release: Release) -> None:
    assert sum(path.stat().st_size for path in release.folder.iterdir()) < MOST_BYTES


def test_processes_of_the_last_release_work_on_while_every_database_is_migrated(loads: dict[str, Load]) -> None:
    assert {name: each.error for name, each in loads.items()} == dict.fromkeys(loads)
    assert max(each.slowest for each in loads.values()) < LONGEST_WAIT_SECONDS


def test_the_migrated_databases_are_what_the_code_declares(
    restored: dict[str, str], loads: dict[str, Load], new_database: Callable[[str], str]
) -> None:
    """A revision that was edited after its release would make a difference."""
    for name, url in restored.items():
        migrated, declared = Database(url, pool=1), Database(new_database(f"{name}_declared"), pool=1)
        with closing(migrated), closing(declared):
            with declared.engine.begin() as connection:
                mechanism_tables().create_all(connection)
                load(name).metadata.create_all(connection)
            assert schema.made_of(migrated) == schema.made_of(declared)


def test_the_code_counts_in_the_migrated_databases_what_the_last_release_counted(
    release: Release, upgraded: Platform
) -> None:
    figures, broken = upgraded.counted()
    # A figure that the last release did not have is new.
    assert {name: figures[name] for name in release.figures} == release.figures
    assert broken == []


def test_workers_read_the_topics_of_the_last_release_and_go_on_from_there(release: Release, upgraded: Platform) -> None:
    def unsettled() -> list[str]:
        return upgraded.under_way() or upgraded.counted()[1]

    def settled() -> bool:
        return not unsettled()

    with upgraded.working():
        eventually(settled, told=unsettled)
        figures, _ = upgraded.counted()
        assert {name: figures[name] for name in UNCHANGED} == {name: release.figures[name] for name in UNCHANGED}

        upgraded.services["complaints"].file(_complaint(upgraded))
        upgraded.imports.append({"lines_read": 1, "rejected": 0, "duplicates": 0})
        eventually(settled, told=unsettled)
        assert upgraded.counted()[0]["assessed"] == release.figures["assessed"] + 1

        for each in upgraded.services.values():
            for projection in each.service.projections:
                content = each.content(projection)
                with each.database.begin() as tx:
                    projections.rebuild(tx, projection)
                eventually(settled, told=unsettled)
                assert each.content(projection) == content
    assert upgraded.dead_letters() == []


def _complaint(upgraded: Platform) -> dict[str, object]:
    """One about a port of the register, of the time at which the release left it."""
    with psycopg.connect(upgraded.services["ports"].database.conninfo) as connection:
        found = connection.execute("SELECT number FROM ports WHERE status = 'declared' ORDER BY number").fetchone()
    assert found is not None
    received = clock.now() - timedelta(hours=1)
    return complaint("after", found[0], 1, sent_at=received.isoformat(), received_at=received.isoformat())
