"""Lists as statement parameters: the database receives their values unchanged."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
import sqlalchemy as sa

from chassis.ids import new_id
from tests.integration.events.depot import Depot


class Colour(StrEnum):
    RED = "red"


_MOMENTS = [
    datetime.min.replace(tzinfo=UTC),
    datetime(2026, 7, 1, 8, 0, 0, 1, timezone(timedelta(hours=8))),
    datetime.max.replace(tzinfo=UTC) - timedelta(days=1),
]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", []),
        ("text", [None, None]),
        ("text", ["", "NULL", "null", " a b ", 'a "quoted" one', "back\\slash\\", "{a,b}", "a,b"]),
        ("text", ["line\nbreak\t", "安宁", "'"]),
        ("text", [Colour.RED, "green", None]),
        ("uuid", [new_id(), None, new_id()]),
        ("int", [-1, 0, None, 2**31 - 1]),
        ("bigint", [2**63 - 1, -(2**63)]),
        ("boolean", [True, None, False]),
        ("double precision", [0.1, -1e300, None, float("inf")]),
        ("timestamptz", [*_MOMENTS, None]),
        ("date", [date(1, 1, 1), None, date(9999, 12, 31)]),
        ("bytea", [b"", b"\x00\xff\\", None]),
        ("numeric", [Decimal("1.5"), None]),
        ("interval", [timedelta(seconds=1), None]),
    ],
)  # fmt: skip
def test_a_list_parameter_keeps_its_values(depot: Depot, kind: str, values: list[Any]) -> None:
    statement = sa.text(
        f"SELECT value FROM unnest(CAST(:values AS {kind}[])) WITH ORDINALITY AS t(value, n) ORDER BY n"
    )
    with depot.database.read() as read:
        assert list(read.execute(statement, {"values": values}).scalars()) == values


def test_a_text_with_a_nul_character_is_refused(depot: Depot) -> None:
    with depot.database.read() as read, pytest.raises(sa.exc.DataError):
        read.execute(sa.text("SELECT unnest(CAST(:values AS text[]))"), {"values": ["a\0b"]}).all()
