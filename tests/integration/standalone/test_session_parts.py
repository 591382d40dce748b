"""The guarantees of the shared fixtures."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from tests.parts.fixtures import Parts


def test_a_test_may_leave_parts_stopped(breakable: Parts) -> None:
    breakable.postgres.pause()
    breakable.kafka.kill()


def test_the_next_test_finds_running_parts(parts: Parts) -> None:
    assert parts.postgres.answers()
    assert parts.kafka.answers()


def test_every_module_has_its_own_databases(
    parts: Parts, new_database: Callable[[str], str], database_url: str, module_prefix: str
) -> None:
    with psycopg.connect(new_database("ports")) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == (f"{module_prefix}_ports",)
        assert connection.execute("SELECT current_user").fetchone() == (f"{module_prefix}_ports_owner",)
    with psycopg.connect(parts.postgres.url()) as connection:
        named = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [module_prefix])
        assert sorted(named.fetchall()) == [(f"{module_prefix}_main",), (f"{module_prefix}_ports",)]


def test_every_module_has_its_own_topics(topic_prefix: str, module_prefix: str) -> None:
    assert topic_prefix == f"{module_prefix}."
    assert module_prefix.startswith("session_parts_")
