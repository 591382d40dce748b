"""A question to a carrier, its answer, and what silence means."""

from __future__ import annotations

import pytest

from chassis.aggregate import ConflictError
from contracts.ports import EnquiryFact
from services.ports.model import Addressed, Answer, EnquiryState
from services.ports.policy.enquiries import require_borne_out, shut_after_silence
from tests.unit.ports.builders import BECAUSE, NOON, NOW, NUMBER, days, enquiry, filed, hours, register


@pytest.mark.parametrize("answer", Answer)
def test_an_enquiry_is_answered_once(answer: Answer) -> None:
    asked = enquiry()
    asked.give_answer(answer, "our switch says so", NOON + hours(1), BECAUSE)
    with pytest.raises(ConflictError) as conflict:
        asked.give_answer(answer, None, NOON + hours(2), BECAUSE)
    assert conflict.value.code == "enquiry-is-answered"
    facts = [each.event for each in asked.drain() if isinstance(each.event, EnquiryFact)]
    assert [(fact.type, fact.answer) for fact in facts] == [
        ("enquiry-sent.v1", None),
        ("enquiry-answered.v1", answer),
    ]


def test_silence_past_the_deadline_is_noted_once() -> None:
    asked = enquiry()
    assert not asked.expire(NOON + hours(24), BECAUSE)
    assert asked.expire(NOON + hours(25), BECAUSE)
    assert not asked.expire(NOON + hours(26), BECAUSE)
    assert asked.state is EnquiryState.UNANSWERED


def test_an_answered_enquiry_does_not_expire() -> None:
    asked = enquiry()
    asked.give_answer(Answer.NOT_MINE, None, NOON + hours(1), BECAUSE)
    assert not asked.expire(NOON + hours(25), BECAUSE)


def test_a_late_answer_is_still_an_answer() -> None:
    asked = enquiry()
    asked.expire(NOON + hours(25), BECAUSE)
    asked.give_answer(Answer.NOT_MINE, None, NOON + hours(26), BECAUSE)
    assert asked.state is EnquiryState.ANSWERED


def test_who_says_filed_must_have_filed() -> None:
    require_borne_out(Answer.FILED, "CMCC", register(filed()), NOW)
    require_borne_out(Answer.FILED, "CMCC", register(filed(number=NUMBER[:8])), NOW)
    for empty in (register(), register(filed(carrier="CUCC")), register(filed(until=NOON))):
        with pytest.raises(ConflictError) as conflict:
            require_borne_out(Answer.FILED, "CMCC", empty, NOW)
        assert conflict.value.code == "number-is-not-filed"


def test_who_says_mine_and_unfiled_must_not_have_filed() -> None:
    require_borne_out(Answer.MINE_UNFILED, "CMCC", register(), NOW)
    with pytest.raises(ConflictError) as conflict:
        require_borne_out(Answer.MINE_UNFILED, "CMCC", register(filed(since=NOW - days(1))), NOW)
    assert conflict.value.code == "number-is-filed"


@pytest.mark.parametrize(
    ("because", "follows"),
    [(Addressed.ACCESS_CODE, True), (Addressed.PLAN, True), (Addressed.EVERY_CARRIER, False)],
)
def test_silence_leads_to_an_order_where_something_named_the_carrier(because: Addressed, follows: bool) -> None:
    assert shut_after_silence(enquiry(because=because), register(), NOW) == follows


def test_silence_about_a_number_that_was_filed_since_leads_to_nothing() -> None:
    assert not shut_after_silence(enquiry(), register(filed(since=NOW - days(1))), NOW)
