"""The upgrade from the last release: its data, its topics, and its processes that still run during the upgrade."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg.rows import dict_row

from anning.services import NAMES, load
from chassis import clock, logs, migrations, privacy, rules
from chassis.database import Database
from chassis.events import projections
from chassis.migrations import LOCK_TIMEOUT, STATEMENT_TIMEOUT
from chassis.migrations.generation import mechanism_tables
from services.complaints.policy.intake import DERIVED
from standalone.demo import RULE_PACKS
from tests.architecture import schema
from tests.faults.running import eventually
from tests.faults.workload import complaint
from tests.integration.http.issuer import Issuer
from tests.parts.protocols import Kafka
from tests.upgrade.load import Load
from tests.upgrade.release import Release
from tests.upgrade.running import Platform, catalogue, platform

pytestmark = pytest.mark.timeout(300)

MAXIMUM_BYTES = 1_000_000

UNCHANGED = ("filed", "assessed", "attribution", "in_clues", "set_aside", "listings", "refused_filings")
"""Figures that reprocessed records must not change. Others may change because deadlines pass meanwhile."""

LONGEST_WAIT_SECONDS = sum(int(limit.removesuffix("s")) for limit in (LOCK_TIMEOUT, STATEMENT_TIMEOUT))
"""How long a migration may block other transactions: the lock time-out plus the statement time-out."""


@pytest.fixture(scope="module")
def restored(
    release: Release,
    released: Callable[[str], str],
    new_database: Callable[[str], str],
    as_service: Callable[[str], str],
) -> dict[str, str]:
    """The databases of the release by service, and empty databases for new services; URLs for the roles of services."""
    return {name: released(name) if name in release.services else as_service(new_database(name)) for name in NAMES}


@pytest.fixture(scope="module")
def stored(restored: dict[str, str]) -> list[dict[str, Any]]:
    """The complaints as the last release stored them: the current code encrypts their texts."""
    with psycopg.connect(restored["complaints"], row_factory=dict_row) as connection:
        return connection.execute(
            "SELECT id, number_cipher, external_id, channel, sender_raw AS sender_number, province, text,"
            " consented, unsubscribed, sent_at, received_at FROM complaints"
        ).fetchall()


@pytest.fixture(scope="module")
def loads(
    release: Release, restored: dict[str, str], stored: list[dict[str, Any]], give_owner: Callable[[str], str]
) -> dict[str, Load]:
    """The load on each database of the release while it gets its owner, and during its migration."""
    with ExitStack() as stack:
        loads = {name: stack.enter_context(Load(restored[name])) for name in release.services}
        for name, url in restored.items():
            migrations.upgrade(load(name), give_owner(url))
        for each in loads.values():
            each.complete_pass()
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
    """The services of the current code on the data of the release, at the time of the dump."""
    topics = catalogue(topic_prefix)
    topics.create(kafka.broker(), NAMES)
    release.restore_topics(kafka.broker(), topics)
    ring = privacy.KeyRing.load(release.restore_keys(tmp_path_factory.mktemp("keys")))
    logs.configure("INFO", "json")
    with (
        pytest.MonkeyPatch.context() as process,
        clock.shifted(release.taken_at - datetime.now(UTC)),
        platform(restored, kafka.broker(), topics, issuer, [*release.imports]) as services,
    ):
        process.setattr(privacy, "_ring", ring)
        process.setattr(rules, "_packs_in_force", None)
        rules.use_packs(RULE_PACKS)
        yield services


def test_the_data_of_a_release_is_smaller_than_one_megabyte(release: Release) -> None:
    assert sum(path.stat().st_size for path in release.folder.iterdir()) < MAXIMUM_BYTES


def test_processes_of_the_last_release_continue_during_the_migration_of_every_database(loads: dict[str, Load]) -> None:
    assert {name: each.error for name, each in loads.items()} == dict.fromkeys(loads)
    assert max(each.slowest for each in loads.values()) < LONGEST_WAIT_SECONDS


def test_the_migrated_databases_equal_the_declared_tables(
    restored: dict[str, str], loads: dict[str, Load], new_database: Callable[[str], str]
) -> None:
    """The test fails when a released revision is edited."""
    for name, url in restored.items():
        migrated, declared = Database(url, pool=1), Database(new_database(f"{name}_declared"), pool=1)
        with closing(migrated), closing(declared):
            with declared.engine.begin() as connection:
                mechanism_tables().create_all(connection)
                load(name).metadata.create_all(connection)
            assert schema.made_of(migrated) == schema.made_of(declared)


def test_the_service_owns_nothing_any_more_and_only_adds_to_the_audit_log(
    restored: dict[str, str], loads: dict[str, Load]
) -> None:
    for url in restored.values():
        with psycopg.connect(url) as connection:
            assert connection.execute(_OWNED).fetchall() == []
            rights = {table: set(found) for table, found in connection.execute(_RIGHTS).fetchall()}
        changing = rights.pop("audit_log") | rights.pop("audit_seals")
        assert changing == {"INSERT", "SELECT"}
        assert {frozenset(each) for each in rights.values()} == {frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})}


_OWNED = """
    SELECT relname FROM pg_class WHERE relowner = current_user::regrole
    UNION ALL SELECT proname FROM pg_proc WHERE proowner = current_user::regrole
    UNION ALL SELECT datname FROM pg_database WHERE datdba = current_user::regrole
"""
_RIGHTS = """
    SELECT relname, array_agg(privilege_type) FROM pg_class CROSS JOIN LATERAL aclexplode(relacl)
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND grantee = current_user::regrole GROUP BY relname
"""


def test_figures_of_the_migrated_databases_equal_those_of_the_last_release(
    release: Release, upgraded: Platform
) -> None:
    figures, broken = upgraded.figures()
    assert _known(figures, release.figures) == release.figures
    assert broken == []


def test_workers_read_the_topics_of_the_last_release_and_process_new_events(
    release: Release, upgraded: Platform
) -> None:
    def unsettled() -> list[str]:
        return upgraded.pending() or upgraded.figures()[1]

    def settled() -> bool:
        return not unsettled()

    with upgraded.workers_running():
        eventually(settled, describe=unsettled)
        figures, _ = upgraded.figures()
        unchanged = {name: release.figures[name] for name in UNCHANGED}
        assert _known(figures, unchanged) == unchanged
        copied = _filings(upgraded, "complaints", "SELECT filing, content ->> 'valid_to' FROM register_filings")
        assert copied == _filings(upgraded, "ports", "SELECT id, valid_to::text FROM filings WHERE port_id IS NOT NULL")

        upgraded.services["complaints"].file(_complaint(upgraded))
        upgraded.imports.append({"lines_read": 1, "rejected": 0, "duplicates": 0})
        eventually(settled, describe=unsettled)
        assert upgraded.figures()[0]["assessed"] == release.figures["assessed"] + 1

        for each in upgraded.services.values():
            for projection in each.service.projections:
                rows = each.rows(projection)
                with each.database.begin() as tx:
                    projections.rebuild(tx, projection)
                eventually(settled, describe=unsettled)
                assert each.rows(projection) == rows
    assert upgraded.dead_letters() == []


def test_complaints_of_the_last_release_are_known_when_they_are_sent_again(
    upgraded: Platform, stored: list[dict[str, Any]]
) -> None:
    complaints, sent = upgraded.services["complaints"], [_sent(each) for each in stored]
    before = complaints.statistics()["filed"]
    for each in sent[:50]:
        complaints.file(each)
    for channel in {each["channel"] for each in sent}:
        lines = [msgspec.json.encode(each) for each in sent if each["channel"] == channel]
        found = complaints.upload("/complaint-imports", b"\n".join(lines), f"channel:{channel}")
        assert (found["duplicates"], found["accepted"], found["rejected"]) == (len(lines), 0, 0)
        upgraded.imports.append({name: found[name] for name in ("lines_read", "rejected", "duplicates")})
    assert complaints.statistics()["filed"] == before


def _sent(stored: dict[str, Any]) -> dict[str, Any]:
    """A complaint of the last release, as its channel sent it."""
    left_out = {
        "number_cipher",
        "id",
        "province",
        *(("external_id",) if stored["external_id"].startswith(DERIVED) else ()),
    }
    sent = {name: value for name, value in stored.items() if name not in left_out}
    sent["complainant_number"] = privacy.ring().decrypt(stored["number_cipher"], stored["id"].bytes).decode()
    sent["complainant_province"] = stored["province"]
    found: dict[str, Any] = msgspec.to_builtins(sent)
    return found


def _known(figures: Any, released: Any) -> Any:
    """The figures that the last release had too: a kind of attribution may be new."""
    if not isinstance(released, dict):
        return figures
    return {name: _known(figures[name], each) for name, each in released.items()}


def _filings(upgraded: Platform, service: str, statement: str) -> dict[UUID, datetime | None]:
    """The filings of the register in the database of a service, and their ends."""
    with psycopg.connect(upgraded.services[service].database.conninfo) as connection:
        rows = connection.execute(statement.encode()).fetchall()
    return {filing: end and datetime.fromisoformat(end) for filing, end in rows}


def _complaint(upgraded: Platform) -> dict[str, object]:
    """A complaint about a port in the register, received an hour before the time of the dump."""
    with psycopg.connect(upgraded.services["ports"].database.conninfo) as connection:
        found = connection.execute("SELECT number FROM ports WHERE status = 'declared' ORDER BY number").fetchone()
    assert found is not None
    received = clock.now() - timedelta(hours=1)
    return complaint("after", found[0], 1, sent_at=received.isoformat(), received_at=received.isoformat())
