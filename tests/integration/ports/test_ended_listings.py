"""The order of a listing is no evidence for other measures, and the end of the listing lifts or passes it on."""

from __future__ import annotations

import pytest

from chassis import clock
from chassis.database import Database
from chassis.sweeper import Slice
from services.ports.commands.filings import FilingOutcome
from services.ports.sweeps import ENFORCE_LISTINGS
from tests.integration.ports.scenes import (
    NOON,
    NUMBER,
    OTHER_HOLDER,
    PROVIDER,
    assessed,
    consume,
    enforce,
    execute,
    file,
    five,
    form,
    hours,
    lift,
    listed,
    named,
    order_at,
    orders,
    phases,
    published,
    repaired,
    restriction,
    rows,
    standing,
    withdrawn,
)

ENTRY = named("an entry")
CAUSE = f"listing:{ENTRY}"
MANY = [f"{NUMBER[:10]}{n:03}" for n in range(7)]


# ------------------------------------------------------------------------- a listing's order is no evidence for others


def test_complaints_neither_cause_nor_undo_the_order_of_a_listing(database: Database) -> None:
    listed(database, NUMBER)
    consume(database, *five())
    consume(database, *(withdrawn(f"{NUMBER} {n}") for n in range(5)))
    (order,) = orders(database)
    assert (order.ground, order.ground_fell_at) == ("listing", None)


def test_earlier_complaints_still_count_after_a_listing_ended(database: Database) -> None:
    with clock.frozen(NOON + hours(0.5)):
        listed(database, NUMBER)
        consume(database, *five()[:4])
        consume(database, repaired())
        enforce(database)
    assert [row.state for row in orders(database)] == ["lifted"]
    consume(database, assessed("the fifth"))
    assert [row.ground for row in orders(database)] == ["listing", "commercial"]


# --------------------------------------------------------------------------------------------- the end of a listing


def test_repair_lifts_the_orders_of_the_listing_alone_and_reopens_the_ports(database: Database) -> None:
    listed(database, *MANY[:3])
    execute(database, order_at(database, MANY[0]))
    consume(database, repaired())
    enforce(database)
    assert {row.state for row in orders(database)} == {"lifted"}
    assert {row.lift_reason for row in orders(database)} == {f"the listing {ENTRY} ended"}
    assert {row.status for row in rows(database, "SELECT status FROM ports")} == {"declared"}
    assert (phases(database), published(database, "order-lifted.v1")) == (["ended"], 3)
    assert rows(database, "SELECT 1 FROM audit_log") == []


@pytest.mark.parametrize("category", ["commercial", "suspected-crime"])
def test_where_complaints_give_a_ground_by_then_the_order_stays_and_its_own_ground_falls(
    database: Database, category: str
) -> None:
    listed(database, *MANY[:2])
    execute(database, order_at(database, MANY[0]))
    consume(database, *five(MANY[0], category=category))
    consume(database, repaired())
    enforce(database)
    kept, lifted = order_at(database, MANY[0]), order_at(database, MANY[1])
    assert (kept.state, kept.ground_fell_at is not None) == ("executed", True)
    assert (lifted.state, lifted.ground_fell_at) == ("lifted", None)
    assert (phases(database), published(database, "ground-fell.v1")) == (["ended"], 1)
    assert [row.status for row in rows(database, "SELECT status FROM ports ORDER BY number")] == ["shut", "declared"]


def test_a_port_that_another_listing_also_wants_shut_stays_shut_without_a_mark(database: Database) -> None:
    listed(database, *MANY[:2])
    file(database, form(MANY[2], holder=OTHER_HOLDER))
    consume(database, standing(restriction("theirs"), code=PROVIDER))
    enforce(database)
    consume(database, repaired())
    enforce(database)
    assert {row.state for row in orders(database)} == {"ordered"}
    assert {row.ground_fell_at for row in orders(database)} == {None}
    assert sorted(phases(database)) == ["ended", "shut"]
    consume(database, repaired(code=PROVIDER))
    enforce(database)
    assert {row.state for row in orders(database)} == {"lifted"}
    assert phases(database) == ["ended", "ended"]


def test_an_order_that_another_listing_took_over_is_not_placed_again_after_staff_lift_it(database: Database) -> None:
    listed(database, NUMBER)
    consume(database, standing(restriction("theirs"), code=PROVIDER))
    enforce(database)
    consume(database, repaired())
    enforce(database)
    lift(database, orders(database)[0])
    assert (enforce(database), len(orders(database))) == (0, 1)


def test_after_staff_lift_the_order_of_one_listing_the_other_listing_places_its_own(database: Database) -> None:
    listed(database, NUMBER)
    consume(database, standing(restriction("theirs"), code=PROVIDER))
    enforce(database)
    lift(database, orders(database)[0])
    enforce(database)
    assert [(row.state, row.cause) for row in orders(database)] == [
        ("lifted", CAUSE),
        ("ordered", f"listing:{named('theirs')}"),
    ]


def test_of_two_entries_on_one_enterprise_one_ends_and_the_other_stays_in_force(database: Database) -> None:
    file(database, form())
    consume(database, standing(restriction("a"), restriction("b")))
    enforce(database)
    (order,) = orders(database)
    # The entry that the order names ends, the other one stays.
    consume(database, standing(restriction("b" if order.cause == f"listing:{named('a')}" else "a"), version=2))
    enforce(database)
    assert [row.state for row in orders(database)] == ["ordered"]
    assert file(database, form(MANY[0]))[0].outcome is FilingOutcome.REFUSED
    consume(database, standing(version=3))
    enforce(database)
    assert [row.state for row in orders(database)] == ["lifted"]


def test_a_listing_that_ends_while_ordering_places_no_more_orders_and_lifts_its_own(database: Database) -> None:
    file(database, *(form(number) for number in MANY))
    consume(database, standing(restriction()))
    with database.begin() as tx:
        ENFORCE_LISTINGS.run(tx, Slice(3))
    consume(database, repaired())
    enforce(database, limit=2)
    assert [row.state for row in orders(database)] == ["lifted"] * 3
    assert phases(database) == ["ended"]
