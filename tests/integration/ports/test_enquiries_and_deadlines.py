"""Answers of carriers, missing answers, and missed deadlines."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from chassis import clock
from chassis.aggregate import ConflictError
from chassis.database import Database
from chassis.sweeper import Slice
from chassis.target import Target
from services.ports.access import Visibility
from services.ports.commands.enquiries import answer_enquiry
from services.ports.commands.orders import acknowledge_order, execute_order
from services.ports.model import Answer
from services.ports.sweeps import OVERDUE_ORDERS, UNANSWERED_ENQUIRIES
from tests.integration.ports.scenes import (
    HOLDER,
    NOON,
    NUMBER,
    Staff,
    consume,
    enquiries,
    file,
    five,
    form,
    hours,
    orders,
    published,
    rows,
    target,
    unregistered,
    withdrawn,
)

OF_CARRIERS_OWN = "1065712345"
"""A number on an access code that the plan assigns to CMCC."""


def ask(database: Database, number: str = NUMBER) -> None:
    consume(database, unregistered(f"{number} u1", number), unregistered(f"{number} u2", number))


def by_carrier(row: Any) -> Target[Visibility]:
    return target(row.id, Visibility(carrier=row.carrier))


def answer(database: Database, carrier: str, given: Answer) -> None:
    (enquiry,) = [each for each in enquiries(database) if each.carrier == carrier]
    with database.begin() as tx:
        answer_enquiry(tx, by_carrier(enquiry), given, None)


def sweep(database: Database, limit: int = 100) -> int:
    with database.begin() as tx:
        return UNANSWERED_ENQUIRIES.run(tx, Slice(limit))


def test_a_carrier_that_claims_an_unfiled_number_is_ordered_to_shut_it(database: Database) -> None:
    file(database, form(f"{NUMBER[:8]}777"))
    ask(database)
    answer(database, "CMCC", Answer.MINE_UNFILED)
    (enquiry,) = enquiries(database)
    (order,) = orders(database)
    assert (order.carrier, order.number, order.ground, order.attribution) == (
        "CMCC", NUMBER, "unregistered", "unregistered",
    )  # fmt: skip
    assert order.holder == HOLDER
    assert order.cause == f"enquiry:{enquiry.id}"
    assert order.causes == [f"enquiry:{enquiry.id}", *enquiry.causes]
    assert order.correlation_id == enquiry.correlation_id


def test_not_mine_from_every_carrier_leads_to_no_order(database: Database) -> None:
    ask(database)
    for carrier in ("CBN", "CMCC", "CTCC", "CUCC"):
        answer(database, carrier, Answer.NOT_MINE)
    assert orders(database) == []
    assert published(database, "enquiry-answered.v1") == 4


def test_the_answer_filed_is_accepted_once_the_number_is_filed(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    with pytest.raises(ConflictError):
        answer(database, "CMCC", Answer.FILED)
    file(database, form(OF_CARRIERS_OWN))
    answer(database, "CMCC", Answer.FILED)
    assert orders(database) == []


def test_a_number_filed_since_the_enquiry_is_not_shut_as_unregistered(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    file(database, form(OF_CARRIERS_OWN, declared_from=None))
    with pytest.raises(ConflictError):
        answer(database, "CMCC", Answer.MINE_UNFILED)
    with clock.shifted(hours(48)):
        assert sweep(database) == 1
    assert orders(database) == []
    assert enquiries(database)[0].state == "unanswered"


def test_a_covering_filing_prevents_the_order_too(database: Database) -> None:
    ask(database, f"{OF_CARRIERS_OWN}99")
    file(database, form(OF_CARRIERS_OWN, covers_extensions=True))
    with clock.shifted(hours(48)):
        assert sweep(database) == 1
    assert orders(database) == []


def test_a_missing_answer_of_a_carrier_named_by_the_plan_leads_to_an_order(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    assert sweep(database) == 0
    with clock.shifted(hours(25)):
        assert sweep(database) == 1
        assert sweep(database) == 0
    (order,) = orders(database)
    assert (order.carrier, order.ground) == ("CMCC", "unregistered")
    assert published(database, "enquiry-unanswered.v1") == 1


def test_missing_answers_of_unnamed_carriers_are_left_to_staff(database: Database) -> None:
    ask(database)
    with clock.shifted(hours(25)):
        assert sweep(database) == 4
    assert orders(database) == []


def test_a_late_not_mine_makes_the_ground_of_the_order_fall(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    with clock.shifted(hours(25)):
        sweep(database)
        answer(database, "CMCC", Answer.NOT_MINE)
    (order,) = orders(database)
    assert (order.state, order.ground_fell_at is not None) == ("ordered", True)


def test_a_late_admission_leads_to_no_second_order(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    with clock.shifted(hours(25)):
        sweep(database)
        answer(database, "CMCC", Answer.MINE_UNFILED)
    assert len(orders(database)) == 1


def test_the_ground_of_an_order_on_a_carriers_answer_does_not_fall_with_the_complaints(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    answer(database, "CMCC", Answer.MINE_UNFILED)
    consume(database, withdrawn(f"{OF_CARRIERS_OWN} u1", OF_CARRIERS_OWN))
    assert orders(database)[0].ground_fell_at is None


def test_the_ground_of_an_order_on_a_missing_answer_falls_with_the_complaints(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    with clock.shifted(hours(25)):
        sweep(database)
    consume(database, withdrawn(f"{OF_CARRIERS_OWN} u1", OF_CARRIERS_OWN))
    assert orders(database)[0].ground_fell_at is not None


def test_an_unfiled_number_with_an_executed_order_cannot_be_filed(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    answer(database, "CMCC", Answer.MINE_UNFILED)
    with database.begin() as tx:
        acknowledge_order(tx, by_carrier(orders(database)[0]))
    with database.begin() as tx:
        execute_order(tx, by_carrier(orders(database)[0]), "switched off")
    assert [each.outcome for each in file(database, form(OF_CARRIERS_OWN))] == ["refused"]
    assert rows(database, "SELECT 1 FROM ports") == []


def test_missed_deadlines_of_orders_are_marked_once_each(database: Database) -> None:
    file(database, form())
    with clock.frozen(NOON):
        consume(database, *five())
    done = []
    for at in (1, 3, 4, 23, 25, 26):
        with clock.frozen(NOON + hours(at)), database.begin() as tx:
            done.append(OVERDUE_ORDERS.run(tx, Slice(100)))
    assert done == [0, 1, 0, 0, 1, 0]
    (order,) = orders(database)
    assert order.overdue_since == NOON + hours(2)
    assert published(database, "order-overdue.v1") == 2


def test_a_sweep_skips_numbers_locked_by_another_transaction(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    ask(database, "1065512345")
    with database.begin() as other:
        other.cursor().execute("SELECT FROM senders WHERE number = %s FOR UPDATE", [OF_CARRIERS_OWN])
        with clock.shifted(hours(25)):
            assert sweep(database) == 1
    assert [row.state for row in enquiries(database)] == ["sent", "unanswered"]


def test_a_slice_is_no_larger_than_its_limit(database: Database) -> None:
    for n in range(7):
        ask(database, f"{OF_CARRIERS_OWN}{n}")
    with clock.shifted(hours(25)):
        assert [sweep(database, limit=3) for _ in range(4)] == [3, 3, 1, 0]


def test_an_answer_requires_the_present_version_of_the_enquiry(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    (enquiry,) = enquiries(database)

    class Stale(Exception):
        pass

    def stale(version: int) -> None:
        raise Stale

    with pytest.raises(Stale), database.begin() as tx:
        answer_enquiry(
            tx, Target(UUID(str(enquiry.id)), Visibility(carrier="CMCC"), Staff(), stale), Answer.NOT_MINE, None
        )
    assert enquiries(database)[0].state == "sent"
