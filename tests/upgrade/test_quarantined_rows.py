"""Rows of the last release with a time that no later release can read are moved out of their tables."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from anning.services import load
from chassis import migrations
from tests.architecture import sources
from tests.upgrade.release import Release

BEFORE_THE_YEAR_ONE = "0001-01-01T00:00:00+08:00"


def test_a_filing_from_the_year_one_is_quarantined_and_the_others_stay(
    release: Release, new_database: Callable[[str], str]
) -> None:
    url = new_database("ports_with_a_mistake")
    release.restore_database("ports", url)
    with psycopg.connect(url) as connection:
        (wrong,) = connection.execute(
            "UPDATE filings SET valid_from = %s WHERE id = (SELECT min(id::text)::uuid FROM filings) RETURNING id",
            [BEFORE_THE_YEAR_ONE],
        ).fetchall()[0]
        (count,) = connection.execute("SELECT count(*) FROM filings").fetchall()[0]
    migrations.upgrade(load("ports"), url)
    with psycopg.connect(url) as connection:
        moved = connection.execute("SELECT table_name, content->>'id', reason FROM quarantined_rows").fetchall()
        (left,) = connection.execute("SELECT count(*) FROM filings WHERE id <> %s", [wrong]).fetchall()[0]
    assert moved == [("filings", str(wrong), "ck_filings_valid_from_in_bounds")]
    assert left == count - 1


@pytest.mark.parametrize("name", sources.services())
def test_every_stored_time_is_checked_in_every_row(
    release: Release, new_database: Callable[[str], str], name: str
) -> None:
    url = new_database(f"{name}_checked")
    release.restore_database(name, url)
    migrations.upgrade(load(name), url)
    with psycopg.connect(url) as connection:
        times = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type LIKE 'timestamp%'"
        ).fetchall()
        checked = connection.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND convalidated"
        ).fetchall()
    assert times
    assert {(table, f"ck_{table}_{column}_in_bounds") for table, column in times} <= set(checked)
