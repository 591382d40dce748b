"""Answers of carriers, their silence, and deadlines that pass."""

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
from services.ports.sweeps import conclude_unanswered_enquiries, mark_overdue_orders
from tests.integration.ports.scenes import (
    HOLDER,
    NOON,
    NUMBER,
    Staff,
    enquiries,
    file,
    five,
    form,
    hear,
    hours,
    orders,
    published,
    rows,
    target,
    unregistered,
    withdrawn,
)

OF_CARRIERS_OWN = "1065712345"
"""A number on an access code that the plan gives to CMCC."""


def ask(database: Database, number: str = NUMBER) -> None:
    hear(database, unregistered(f"{number} u1", number), unregistered(f"{number} u2", number))


def upon(row: Any) -> Target[Visibility]:
    return target(row.id, Visibility(carrier=row.carrier))


def answer(database: Database, carrier: str, said: Answer) -> None:
    (asked,) = [each for each in enquiries(database) if each.carrier == carrier]
    with database.begin() as tx:
        answer_enquiry(tx, upon(asked), said, None)


def sweep(database: Database, limit: int = 100) -> int:
    with database.begin() as tx:
        return conclude_unanswered_enquiries(tx, Slice(limit))


def test_a_carrier_that_owns_to_an_unfiled_number_is_ordered_to_shut_it(database: Database) -> None:
    file(database, form(f"{NUMBER[:8]}777"))
    ask(database)
    answer(database, "CMCC", Answer.MINE_UNFILED)
    (asked,) = enquiries(database)
    (order,) = orders(database)
    assert (order.carrier, order.number, order.ground, order.attribution) == (
        "CMCC", NUMBER, "unregistered", "unregistered",
    )  # fmt: skip
    assert order.holder == HOLDER
    assert order.cause == f"enquiry:{asked.id}"
    assert order.causes == [f"enquiry:{asked.id}", *asked.causes]
    assert order.correlation_id == asked.correlation_id


def test_not_mine_from_everyone_leads_to_no_order(database: Database) -> None:
    ask(database)
    for carrier in ("CBN", "CMCC", "CTCC", "CUCC"):
        answer(database, carrier, Answer.NOT_MINE)
    assert orders(database) == []
    assert published(database, "enquiry-answered.v1") == 4


def test_filed_is_taken_for_an_answer_when_it_has_been(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    with pytest.raises(ConflictError):
        answer(database, "CMCC", Answer.FILED)
    file(database, form(OF_CARRIERS_OWN))
    answer(database, "CMCC", Answer.FILED)
    assert orders(database) == []


def test_a_number_that_was_filed_since_is_not_shut_as_unregistered(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    file(database, form(OF_CARRIERS_OWN, declared_from=None))
    with pytest.raises(ConflictError):
        answer(database, "CMCC", Answer.MINE_UNFILED)
    with clock.shifted(hours(48)):
        assert sweep(database) == 1
    assert orders(database) == []
    assert enquiries(database)[0].state == "unanswered"


def test_a_filing_that_covers_the_number_speaks_for_it_too(database: Database) -> None:
    ask(database, f"{OF_CARRIERS_OWN}99")
    file(database, form(OF_CARRIERS_OWN, covers_extensions=True))
    with clock.shifted(hours(48)):
        assert sweep(database) == 1
    assert orders(database) == []


def test_silence_of_a_carrier_that_the_plan_names_leads_to_an_order(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    assert sweep(database) == 0
    with clock.shifted(hours(25)):
        assert sweep(database) == 1
        assert sweep(database) == 0
    (order,) = orders(database)
    assert (order.carrier, order.ground) == ("CMCC", "unregistered")
    assert published(database, "enquiry-unanswered.v1") == 1


def test_silence_of_carriers_that_nothing_names_is_left_to_staff(database: Database) -> None:
    ask(database)
    with clock.shifted(hours(25)):
        assert sweep(database) == 4
    assert orders(database) == []


def test_a_late_answer_takes_the_ground_of_the_order_that_followed_silence(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    with clock.shifted(hours(25)):
        sweep(database)
        answer(database, "CMCC", Answer.NOT_MINE)
    (order,) = orders(database)
    assert (order.state, order.ground_fell_at is not None) == ("ordered", True)


def test_a_late_admission_makes_no_second_order(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    with clock.shifted(hours(25)):
        sweep(database)
        answer(database, "CMCC", Answer.MINE_UNFILED)
    assert len(orders(database)) == 1


def test_an_order_on_a_carriers_own_word_does_not_fall_with_the_complaints(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    answer(database, "CMCC", Answer.MINE_UNFILED)
    hear(database, withdrawn(f"{OF_CARRIERS_OWN} u1", OF_CARRIERS_OWN))
    assert orders(database)[0].ground_fell_at is None


def test_an_order_on_silence_falls_with_the_complaints(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    with clock.shifted(hours(25)):
        sweep(database)
    hear(database, withdrawn(f"{OF_CARRIERS_OWN} u1", OF_CARRIERS_OWN))
    assert orders(database)[0].ground_fell_at is not None


def test_an_executed_order_on_an_unfiled_number_keeps_it_from_being_filed(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    answer(database, "CMCC", Answer.MINE_UNFILED)
    with database.begin() as tx:
        acknowledge_order(tx, upon(orders(database)[0]))
    with database.begin() as tx:
        execute_order(tx, upon(orders(database)[0]), "switched off")
    assert [each.outcome for each in file(database, form(OF_CARRIERS_OWN))] == ["refused"]
    assert rows(database, "SELECT 1 FROM ports") == []


def test_deadlines_of_orders_pass_once_each(database: Database) -> None:
    file(database, form())
    with clock.frozen(NOON):
        hear(database, *five())
    done = []
    for at in (1, 3, 4, 23, 25, 26):
        with clock.frozen(NOON + hours(at)), database.begin() as tx:
            done.append(mark_overdue_orders(tx, Slice(100)))
    assert done == [0, 1, 0, 0, 1, 0]
    (order,) = orders(database)
    assert order.overdue_since == NOON + hours(2)
    assert published(database, "order-overdue.v1") == 2


def test_a_sweep_leaves_what_somebody_else_is_deciding_on(database: Database) -> None:
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


def test_the_version_that_was_read_must_still_be_the_present_one(database: Database) -> None:
    ask(database, OF_CARRIERS_OWN)
    (asked,) = enquiries(database)

    class Stale(Exception):
        pass

    def stale(version: int) -> None:
        raise Stale

    with pytest.raises(Stale), database.begin() as tx:
        answer_enquiry(
            tx, Target(UUID(str(asked.id)), Visibility(carrier="CMCC"), Staff(), stale), Answer.NOT_MINE, None
        )
    assert enquiries(database)[0].state == "sent"
