"""An order between the regulator and a carrier: its transitions, and the event that each publishes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chassis.aggregate import ConflictError
from contracts.ports import OrderFact
from contracts.vocabulary import ReviewOutcome
from services.ports.model import Order, OrderState, RefusalCode
from tests.unit.ports.builders import BECAUSE, NOON, hours, order

Act = Callable[[Order], object]

ACTS: dict[str, Act] = {
    "acknowledge": lambda each: each.acknowledge(NOON + hours(1), BECAUSE),
    "execute": lambda each: each.execute("switch log 17", NOON + hours(2), BECAUSE),
    "refuse": lambda each: each.refuse(RefusalCode.PUBLIC_SERVICE, "emergency alerts", NOON + hours(2), BECAUSE),
    "lift": lambda each: each.lift("shut by mistake", NOON + hours(3), BECAUSE, review_by=NOON + hours(123)),
}
WAYS: dict[OrderState, list[str]] = {
    OrderState.ORDERED: [],
    OrderState.ACKNOWLEDGED: ["acknowledge"],
    OrderState.EXECUTED: ["acknowledge", "execute"],
    OrderState.REFUSED: ["refuse"],
    OrderState.LIFTED: ["lift"],
}
ALLOWED: dict[OrderState, dict[str, OrderState]] = {
    OrderState.ORDERED: {
        "acknowledge": OrderState.ACKNOWLEDGED,
        "refuse": OrderState.REFUSED,
        "lift": OrderState.LIFTED,
    },
    OrderState.ACKNOWLEDGED: {
        "execute": OrderState.EXECUTED,
        "refuse": OrderState.REFUSED,
        "lift": OrderState.LIFTED,
    },
    OrderState.EXECUTED: {"lift": OrderState.LIFTED},
    OrderState.REFUSED: {"lift": OrderState.LIFTED},
    OrderState.LIFTED: {},
}


def order_that_is(state: OrderState) -> Order:
    made = order()
    for act in WAYS[state]:
        ACTS[act](made)
    assert made.state is state
    return made


def published(made: Order) -> list[OrderFact]:
    return [each.event for each in made.drain() if isinstance(each.event, OrderFact)]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", OrderState)
def test_an_act_is_a_transition_from_its_allowed_states_and_a_conflict_in_all_others(
    state: OrderState, act: str
) -> None:
    made = order_that_is(state)
    version, follows = made.version, ALLOWED[state].get(act)
    if follows is None:
        with pytest.raises(ConflictError) as conflict:
            ACTS[act](made)
        assert conflict.value.code == "order-state"
        assert (made.state, made.version) == (state, version)
    else:
        ACTS[act](made)
        assert (made.state, made.version) == (follows, version + 1)


def test_every_step_publishes_the_whole_state_with_the_correlation_id_of_the_first_complaint() -> None:
    made = order_that_is(OrderState.EXECUTED)
    assert {each.cause.correlation_id for each in made.recorded} == {BECAUSE.correlation_id}
    ordered, acknowledged, executed = published(made)
    assert [each.type for each in (ordered, acknowledged, executed)] == [
        "shutdown-ordered.v1", "order-acknowledged.v1", "order-executed.v1",
    ]  # fmt: skip
    assert (executed.ordered_at, executed.acknowledged_at) == (NOON, NOON + hours(1))
    assert (executed.executed_at, executed.evidence) == (NOON + hours(2), "switch log 17")


def test_a_refusal_publishes_its_code_and_the_carriers_note() -> None:
    assert published(order_that_is(OrderState.REFUSED))[-1].refusal == "public-service: emergency alerts"


@pytest.mark.parametrize("state", OrderState)
def test_the_port_must_not_be_used_while_an_order_is_in_force(state: OrderState) -> None:
    made = order_that_is(state)
    assert made.in_force == (state not in (OrderState.REFUSED, OrderState.LIFTED))
    assert made.open == (state is not OrderState.LIFTED)


def test_a_missed_acknowledgement_and_a_missed_execution_are_marked_once_each() -> None:
    made = order()
    made.drain()
    marks = [made.mark_overdue(NOON + hours(at), BECAUSE) for at in (1, 2, 3, 4, 24, 25, 26)]
    assert marks == [False, False, True, False, False, True, False]
    assert [each.overdue_since for each in published(made)] == [NOON + hours(2), NOON + hours(2)]


def test_an_act_in_time_is_not_marked_as_overdue() -> None:
    made = order_that_is(OrderState.ACKNOWLEDGED)
    assert not made.mark_overdue(NOON + hours(23), BECAUSE)
    assert made.mark_overdue(NOON + hours(25), BECAUSE)
    assert made.overdue_since == NOON + hours(24)


@pytest.mark.parametrize("state", [OrderState.EXECUTED, OrderState.REFUSED, OrderState.LIFTED])
def test_an_order_that_awaits_no_act_of_the_carrier_is_never_overdue(state: OrderState) -> None:
    made = order_that_is(state)
    assert made.due_at is None
    assert not made.mark_overdue(NOON + hours(100), BECAUSE)


def test_the_next_deadline_is_the_acknowledgement_then_the_execution_then_none() -> None:
    made = order()
    assert made.due_at == NOON + hours(2)
    made.mark_overdue(NOON + hours(3), BECAUSE)
    assert made.due_at == NOON + hours(24)
    made.mark_overdue(NOON + hours(25), BECAUSE)
    assert made.due_at is None


def test_an_overdue_order_can_still_be_acknowledged_and_executed() -> None:
    made = order()
    made.mark_overdue(NOON + hours(30), BECAUSE)
    made.acknowledge(NOON + hours(31), BECAUSE)
    made.execute("late, yet shut", NOON + hours(32), BECAUSE)
    assert made.overdue_since == NOON + hours(2)


def test_an_order_whose_ground_falls_keeps_its_state_and_publishes_it_once() -> None:
    made = order_that_is(OrderState.EXECUTED)
    made.drain()
    assert made.lose_ground(NOON + hours(5), BECAUSE)
    assert not made.lose_ground(NOON + hours(6), BECAUSE)
    fact = published(made)[0]
    assert (fact.type, fact.state, fact.ground_fell_at) == ("ground-fell.v1", "executed", NOON + hours(5))


def reviewed(made: Order, outcome: ReviewOutcome = ReviewOutcome.CONFIRMED, by: str = "wang") -> None:
    made.review_lift(outcome, by, "seen", NOON + hours(4), BECAUSE, None)


def test_a_lift_by_staff_is_reviewed_once_and_the_fact_states_the_outcome() -> None:
    made = order_that_is(OrderState.LIFTED)
    made.drain()
    reviewed(made)
    with pytest.raises(ConflictError, match="once"):
        reviewed(made)
    (fact,) = published(made)
    assert (fact.type, fact.state, fact.lift_review) == ("lift-reviewed.v1", "lifted", "confirmed")


def test_a_lift_by_rule_is_not_reviewed() -> None:
    made = order()
    made.lift("the listing ended", NOON, BECAUSE)
    with pytest.raises(ConflictError):
        reviewed(made)


@pytest.mark.parametrize("state", [each for each in OrderState if each is not OrderState.LIFTED])
def test_an_order_that_was_not_lifted_has_nothing_to_review(state: OrderState) -> None:
    with pytest.raises(ConflictError):
        reviewed(order_that_is(state))


def test_who_has_a_part_in_the_order_or_in_its_lift_does_not_review_it() -> None:
    made = order()
    made.lift("shut by mistake", NOON, BECAUSE.joined(["li"]), review_by=NOON + hours(120))
    with pytest.raises(ConflictError) as refused:
        reviewed(made, by="li")
    assert refused.value.code == "four-eyes"


def test_a_lifted_order_has_no_ground_to_lose() -> None:
    assert not order_that_is(OrderState.LIFTED).lose_ground(NOON + hours(5), BECAUSE)
