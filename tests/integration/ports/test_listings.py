"""An enterprise on a credit list is restricted at every carrier: it gets no new port, and can lose existing ones."""

from __future__ import annotations

import pytest

from chassis import clock
from chassis.database import Database
from chassis.sweeper import Slice
from services.ports.commands.filings import FilingOutcome
from services.ports.commands.orders import refuse_order
from services.ports.model import RefusalCode
from services.ports.sweeps import ENFORCE_LISTINGS
from tests.integration.ports.scenes import (
    HOLDER,
    NOON,
    NUMBER,
    OTHER_HOLDER,
    PROVIDER,
    consume,
    enforce,
    file,
    five,
    form,
    hours,
    lift,
    listed,
    listings,
    named,
    order_at,
    orders,
    phases,
    proposals,
    repaired,
    restriction,
    rows,
    standing,
    target,
)

ENTRY = named("an entry")
CAUSE = f"listing:{ENTRY}"
MANY = [f"{NUMBER[:10]}{n:03}" for n in range(7)]


# --------------------------------------------------------------------------------------------------------- filings


@pytest.mark.parametrize("code", [HOLDER, PROVIDER])
def test_a_listed_enterprise_gets_no_port_at_any_carrier(database: Database, code: str) -> None:
    consume(database, standing(restriction(existing="none"), code=code))
    refused = file(database, *(form(carrier=carrier) for carrier in ("CMCC", "CUCC", "CTCC")))
    assert {each.outcome for each in refused} == {FilingOutcome.REFUSED}
    assert rows(database, "SELECT 1 FROM ports") == []
    for filing in rows(database, "SELECT hindered_by, hindrance, reasons FROM filings"):
        assert (filing.hindered_by, filing.hindrance) == (ENTRY, "listing")
        (reason,) = filing.reasons
        assert all(part in reason for part in (code, "adverse", "listed-adverse-general", "2027-05-11", str(ENTRY)))
    decided = rows(database, "SELECT payload FROM outbox WHERE type = 'filing-decided.v1'")
    assert all(f'"listing":"{ENTRY}"' in bytes(row.payload).decode() for row in decided)


def test_other_enterprises_can_still_file(database: Database) -> None:
    consume(database, standing(restriction(), code=OTHER_HOLDER))
    assert [each.outcome for each in file(database, form())] == [FilingOutcome.ACCEPTED]


def test_a_listing_that_allows_new_ports_refuses_none(database: Database) -> None:
    consume(database, standing(restriction(new_resources="allow", existing="none")))
    assert [each.outcome for each in file(database, form())] == [FilingOutcome.ACCEPTED]


def test_a_filing_that_the_register_already_has_stays_known(database: Database) -> None:
    (filed,) = file(database, form())
    consume(database, standing(restriction()))
    assert [(each.outcome, each.filing) for each in file(database, form())] == [(FilingOutcome.KNOWN, filed.filing)]


def test_a_filing_sent_again_is_stored_once_per_hindrance(database: Database) -> None:
    file(database, form())
    consume(database, *five())
    again = form(holder=OTHER_HOLDER)
    by_order = file(database, again)[0]
    consume(database, standing(restriction(existing="none"), code=OTHER_HOLDER))
    by_listing = file(database, again, again)
    assert len({each.filing for each in (by_order, *by_listing)}) == 2
    assert file(database, again)[0].filing == by_listing[0].filing
    consume(database, repaired(code=OTHER_HOLDER))
    assert file(database, again)[0].filing == by_order.filing
    assert [row.hindrance for row in rows(database, "SELECT hindrance FROM filings WHERE decision = 'refused'")] == [
        "order", "listing",
    ]  # fmt: skip


def test_of_a_file_only_the_lines_of_the_listed_enterprise_are_refused(database: Database) -> None:
    consume(database, standing(restriction(), code=OTHER_HOLDER))
    filed = file(database, *(form(each, holder=(HOLDER, OTHER_HOLDER)[n % 2]) for n, each in enumerate(MANY)))
    assert [each.outcome for each in filed] == [
        (FilingOutcome.ACCEPTED, FilingOutcome.REFUSED)[n % 2] for n in range(7)
    ]
    assert len(rows(database, "SELECT 1 FROM listing_refusals")) == 3


def test_a_repaired_enterprise_can_file_at_once(database: Database) -> None:
    consume(database, standing(restriction()))
    assert file(database, form())[0].outcome is FilingOutcome.REFUSED
    consume(database, repaired())
    assert file(database, form())[0].outcome is FilingOutcome.ACCEPTED


# ------------------------------------------------------------------------------------------------------- standings


def test_redelivered_and_stale_standings_change_nothing(database: Database) -> None:
    file(database, form())
    first, second = standing(restriction()), repaired()
    consume(database, first)
    consume(database, first)
    assert (phases(database), len(rows(database, "SELECT 1 FROM listed_ports"))) == (["shutting"], 1)
    consume(database, second)
    consume(database, first)
    consume(database, standing(restriction("another"), version=2))
    enforce(database)
    assert (phases(database), orders(database)) == (["ended"], [])
    assert [row.restrictions for row in rows(database, "SELECT restrictions FROM standings")] == [[]]
    assert file(database, form(f"{NUMBER}1"))[0].outcome is FilingOutcome.ACCEPTED


def test_the_newer_of_two_standings_in_one_batch_holds_in_any_order(database: Database) -> None:
    consume(database, repaired(), standing(restriction()))
    consume(database, standing(restriction("b"), code=PROVIDER), standing(code=PROVIDER, version=2))
    assert listings(database) == []
    assert file(database, form())[0].outcome is FilingOutcome.ACCEPTED


def test_an_ended_listing_keeps_its_terms(database: Database) -> None:
    consume(database, standing(restriction("a", existing="none"), restriction("b", existing="none")))
    with clock.frozen(NOON):
        consume(database, standing(restriction("b", existing="none"), version=2))
    by_entry = {row.entry: row for row in listings(database)}
    ended, standing_still = by_entry[named("a")], by_entry[named("b")]
    assert (ended.phase, ended.ended_at, ended.version) == ("ended", NOON, 2)
    assert (standing_still.phase, standing_still.ended_at, standing_still.version) == ("noted", None, 2)
    assert (ended.code, ended.province, ended.list, ended.tier) == (HOLDER, "350000", "adverse", "general")


# ------------------------------------------------------------------------------------------------- existing ports


def test_existing_none_leaves_ports_as_they_are(database: Database) -> None:
    listed(database, NUMBER, existing="none")
    assert (phases(database), orders(database), proposals(database)) == (["noted"], [], [])


def test_existing_shut_orders_every_port_of_the_enterprise_at_every_carrier(database: Database) -> None:
    file(database, form(), form(carrier="CUCC"), form(MANY[0], holder=OTHER_HOLDER, provider=HOLDER))
    file(
        database,
        form(MANY[1], holder=OTHER_HOLDER),
        form(MANY[2]),
        form(MANY[2], holder=OTHER_HOLDER, declared_from="2021-01-01"),
    )
    consume(database, standing(restriction()))
    with clock.frozen(NOON):
        enforce(database)
    placed = orders(database)
    assert {(row.carrier, row.number) for row in placed} == {("CMCC", NUMBER), ("CUCC", NUMBER), ("CMCC", MANY[0])}
    assert phases(database) == ["shut"]
    for row in placed:
        assert (row.ground, row.cause, row.causes) == ("listing", CAUSE, [CAUSE])
        assert (row.attribution, row.complainants, row.state) == ("declared", 0, "ordered")
        assert [rule["rule"] for rule in row.rules] == ["order.deadlines"]
        assert (row.acknowledge_by, row.execute_by) == (NOON + hours(2), NOON + hours(24))
        assert row.correlation_id == f"story of {HOLDER}"
    (reason,) = order_at(database, MANY[0]).reasons
    assert all(part in reason for part in ("provider", HOLDER, "adverse", "general", "第四十二条"))


def test_an_order_has_the_province_that_its_port_was_filed_for(database: Database) -> None:
    file(database, form("10629001947213", province="440000"))
    consume(database, standing(restriction()))
    enforce(database)
    assert orders(database)[0].province == "440000"


def test_a_slice_is_no_larger_than_its_limit(database: Database) -> None:
    file(database, *(form(number) for number in MANY))
    consume(database, standing(restriction()))

    def sweep() -> int:
        with database.begin() as tx:
            return ENFORCE_LISTINGS.run(tx, Slice(3))

    placed = []
    for _ in range(3):
        sweep()
        placed.append(len(orders(database)))
        assert phases(database) == ["shutting"]
    sweep()
    assert (placed, phases(database), sweep()) == ([3, 6, 7], ["shut"], 0)
    consume(database, repaired())
    lifted = []
    for _ in range(3):
        sweep()
        lifted.append(sum(row.state == "lifted" for row in orders(database)))
        assert phases(database) == ["lifting"]
    sweep()
    assert (lifted, phases(database), sweep()) == ([3, 6, 7], ["ended"], 0)


def test_a_port_with_an_open_order_is_skipped_until_staff_lift_that_order(database: Database) -> None:
    file(database, form(), form(MANY[0]))
    consume(database, *five())
    consume(database, standing(restriction()))
    enforce(database)
    assert [row.ground for row in orders(database)] == ["commercial", "listing"]
    assert phases(database) == ["shut"]
    lift(database, orders(database)[0])
    assert phases(database) == ["shutting"]
    enforce(database)
    assert (phases(database), order_at(database).cause) == (["shut"], CAUSE)


def test_a_port_whose_listing_order_staff_lifted_is_not_ordered_again(database: Database) -> None:
    listed(database, NUMBER)
    lift(database, orders(database)[0])
    assert (phases(database), enforce(database)) == (["shut"], 0)
    consume(database, standing(restriction(), version=2))
    enforce(database)
    assert [row.state for row in orders(database)] == ["lifted"]


def test_a_resumed_listing_does_not_order_such_a_port_again_either(database: Database) -> None:
    file(database, form(), form(MANY[0]))
    consume(database, *five())
    consume(database, standing(restriction()))
    enforce(database)
    for number in (MANY[0], NUMBER):
        lift(database, order_at(database, number))
    enforce(database)
    placed = [(row.number, row.ground, row.state) for row in orders(database)]
    assert placed[1:] == [(MANY[0], "listing", "lifted"), (NUMBER, "listing", "ordered")]


def test_a_port_filed_for_others_since_the_listing_is_not_shut(database: Database) -> None:
    file(database, form())
    consume(database, standing(restriction()))
    file(database, form(holder=OTHER_HOLDER, declared_from="2021-01-01"))
    enforce(database)
    assert (phases(database), orders(database)) == (["shut"], [])


def test_while_a_port_is_shut_for_a_listing_others_cannot_file_it(database: Database) -> None:
    listed(database, NUMBER)
    (refused,) = file(database, form(holder=OTHER_HOLDER, declared_from="2021-01-01"))
    assert refused.outcome is FilingOutcome.REFUSED
    assert str(orders(database)[0].id) in refused.reasons[0]


def test_an_order_that_its_carrier_refused_is_not_placed_again(database: Database) -> None:
    listed(database, NUMBER)
    with database.begin() as tx:
        addressed = target(orders(database)[0].id)
        refuse_order(tx, addressed, RefusalCode.PUBLIC_SERVICE, None)
    assert (enforce(database), len(orders(database))) == (0, 1)
