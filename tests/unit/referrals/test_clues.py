"""The states of a clue: which act is allowed in which state, and what each act publishes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chassis.aggregate import ConflictError
from contracts.referrals import ClueFact
from contracts.vocabulary import ReturnReason
from services.referrals.model import Clue, ClueState
from tests.unit.referrals.builders import (
    BATCH,
    BECAUSE,
    NOON,
    ONE,
    OTHER_BATCH,
    RULE,
    SEVEN,
    clue,
    conclusion,
    days,
    refer,
)

Act = Callable[[Clue], object]

ACTS: dict[str, Act] = {
    "route": lambda each: each.route("MOE", BECAUSE),
    "refer": lambda each: refer(each, authority="MOE"),
    "return": lambda each: each.return_to_regulator(
        ReturnReason.NOT_COMPETENT, "a school", "MOE", NOON + days(2), BECAUSE
    ),
    "extend": lambda each: each.extend(NOON + days(60), RULE, "it is long", NOON + days(3), BECAUSE),
    "conclude": lambda each: each.conclude(conclusion(), NOON + days(4), BECAUSE),
    "annul": lambda each: each.annul("the court did", NOON + days(5), BECAUSE),
}


def receive(each: Clue) -> None:
    assert each.receive(BATCH, NOON + days(1), BECAUSE)


ACTS_TO_REACH: dict[ClueState, list[Act]] = {
    ClueState.OPEN: [],
    ClueState.REFERRED: [refer],
    ClueState.RECEIVED: [refer, receive],
    ClueState.RETURNED: [refer, receive, ACTS["return"]],
    ClueState.ROUTED: [refer, receive, ACTS["return"], ACTS["route"]],
    ClueState.CONCLUDED: [refer, receive, ACTS["conclude"]],
}
ALLOWED: dict[ClueState, dict[str, ClueState]] = {
    ClueState.OPEN: {"refer": ClueState.REFERRED},
    ClueState.REFERRED: {
        "return": ClueState.RETURNED,
        "extend": ClueState.REFERRED,
        "conclude": ClueState.CONCLUDED,
    },
    ClueState.RECEIVED: {
        "return": ClueState.RETURNED,
        "extend": ClueState.RECEIVED,
        "conclude": ClueState.CONCLUDED,
    },
    ClueState.RETURNED: {"route": ClueState.ROUTED},
    ClueState.ROUTED: {"route": ClueState.ROUTED, "refer": ClueState.REFERRED},
    ClueState.CONCLUDED: {"annul": ClueState.CONCLUDED},
}


def clue_in(state: ClueState) -> Clue:
    made = clue()
    for act in ACTS_TO_REACH[state]:
        act(made)
    assert made.state is state
    return made


def published(made: Clue) -> list[ClueFact]:
    return [each.event for each in made.drain() if isinstance(each.event, ClueFact)]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", ClueState)
def test_an_act_is_allowed_in_its_states_and_a_conflict_in_all_others(state: ClueState, act: str) -> None:
    made = clue_in(state)
    version, follows = made.version, ALLOWED[state].get(act)
    if follows is None:
        with pytest.raises(ConflictError) as conflict:
            ACTS[act](made)
        assert conflict.value.code == "clue-state"
        assert (made.state, made.version) == (state, version)
    else:
        ACTS[act](made)
        assert (made.state, made.version) == (follows, version + 1)


def test_every_act_publishes_the_whole_state_with_the_correlation_id_of_the_first_complaint() -> None:
    made = clue_in(ClueState.CONCLUDED)
    assert {each.cause.correlation_id for each in made.recorded} == {BECAUSE.correlation_id}
    assert [each.version for each in made.recorded] == [1, 2, 3, 4]
    opened, referred, received, concluded = published(made)
    assert [each.type for each in (opened, referred, received, concluded)] == [
        "clue-opened.v1", "clue-referred.v1", "clue-received.v1", "clue-concluded.v1",
    ]  # fmt: skip
    assert (opened.counts, opened.batch, opened.authority) == (ONE.counts, None, "SAMR")
    assert (concluded.counts, concluded.carriers, concluded.batch) == (SEVEN.counts, ("CMCC", "CUCC"), BATCH)
    assert (concluded.referred_at, concluded.received_at) == (NOON, NOON + days(1))
    assert (concluded.conclude_by, concluded.concluded_at) == (NOON + days(30), NOON + days(4))
    assert (concluded.conclusion, concluded.causes) == (conclusion(), ("complaint:1",))


def test_an_open_clue_without_an_authority_is_routed_and_stays_open() -> None:
    made = clue(authority=None, industry="unknown")
    made.route("SAMR", BECAUSE)
    assert (made.state, made.authority, made.version) == (ClueState.OPEN, "SAMR", 2)
    with pytest.raises(ConflictError):
        made.route("MOE", BECAUSE)


@pytest.mark.parametrize("state", [ClueState.OPEN, ClueState.RETURNED, ClueState.ROUTED])
@pytest.mark.parametrize("authority", [None, "MIIT"])
def test_staff_conclude_a_clue_without_another_competent_authority(state: ClueState, authority: str | None) -> None:
    made = clue_in(state)
    made.authority = authority
    made.conclude_by_staff(conclusion(), NOON, BECAUSE)
    assert made.state is ClueState.CONCLUDED


@pytest.mark.parametrize("state", ClueState)
def test_staff_never_conclude_the_clue_of_an_authority(state: ClueState) -> None:
    made = clue_in(state)
    with pytest.raises(ConflictError):
        made.conclude_by_staff(conclusion(), NOON, BECAUSE)


def test_a_clue_is_received_only_with_the_batch_of_its_last_hand_over() -> None:
    made = clue_in(ClueState.REFERRED)
    assert not made.receive(OTHER_BATCH, NOON, BECAUSE)
    assert made.receive(BATCH, NOON, BECAUSE)
    assert not made.receive(BATCH, NOON + days(1), BECAUSE)
    assert made.received_at == NOON


def test_a_deadline_is_extended_once_and_only_before_it_passes() -> None:
    made = clue_in(ClueState.RECEIVED)
    made.extend(NOON + days(60), RULE, "x", NOON + days(30), BECAUSE)
    assert (made.conclude_by, made.rules) == (NOON + days(60), (RULE,))
    for late, at in ((made, NOON + days(31)), (clue_in(ClueState.RECEIVED), NOON + days(30.001))):
        with pytest.raises(ConflictError) as conflict:
            late.extend(NOON + days(90), RULE, "x", at, BECAUSE)
        assert conflict.value.code == "extension-refused"


def test_a_missed_deadline_is_marked_once() -> None:
    made = clue_in(ClueState.RECEIVED)
    made.drain()
    assert [made.mark_overdue(NOON + days(at), BECAUSE) for at in (29, 30, 30.001, 31)] == [False, False, True, False]
    (fact,) = published(made)
    assert (fact.type, fact.overdue_since, fact.state) == ("clue-overdue.v1", NOON + days(30), "received")
    made.conclude(conclusion(), NOON + days(40), BECAUSE)
    assert made.overdue_since == NOON + days(30)


@pytest.mark.parametrize("state", [ClueState.OPEN, ClueState.RETURNED, ClueState.ROUTED, ClueState.CONCLUDED])
def test_a_clue_that_its_authority_need_not_conclude_is_never_overdue(state: ClueState) -> None:
    made = clue_in(state)
    assert made.due_at is None
    assert not made.mark_overdue(NOON + days(1_000), BECAUSE)


def test_a_second_hand_over_has_its_own_deadline_and_keeps_the_first_moments() -> None:
    made = clue_in(ClueState.RECEIVED)
    made.mark_overdue(NOON + days(31), BECAUSE)
    ACTS["return"](made)
    made.route("MOE", BECAUSE)
    refer(made, batch=OTHER_BATCH, authority="MOE", at=NOON + days(40))
    assert (made.received_at, made.overdue_since, made.extended_at) == (None, None, None)
    assert (made.authority, made.batch, made.conclude_by) == ("MOE", OTHER_BATCH, NOON + days(70))
    assert (made.first_received_at, made.first_overdue_at) == (NOON + days(1), NOON + days(30))
    assert (made.return_reason, made.suggested) == (ReturnReason.NOT_COMPETENT, "MOE")
    assert made.mark_overdue(NOON + days(71), BECAUSE)
    assert (made.overdue_since, made.first_overdue_at) == (NOON + days(70), NOON + days(30))


def test_a_conclusion_is_annulled_once() -> None:
    made = clue_in(ClueState.CONCLUDED)
    made.annul("the court did", NOON + days(5), BECAUSE)
    with pytest.raises(ConflictError):
        made.annul("again", NOON + days(6), BECAUSE)
    assert published(made)[-1].annulled_at == NOON + days(5)
