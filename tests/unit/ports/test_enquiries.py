"""An enquiry to a carrier, its answer, and what follows from a missing answer."""

from __future__ import annotations

import pytest

from chassis.aggregate import ConflictError
from contracts.ports import EnquiryFact
from services.ports.model import Addressed, Answer, EnquiryState
from services.ports.policy.enquiries import require_consistent, shut_after_silence
from tests.unit.ports.builders import BECAUSE, NOON, NOW, NUMBER, days, enquiry, filed, hours, register


@pytest.mark.parametrize("answer", Answer)
def test_an_enquiry_is_answered_once(answer: Answer) -> None:
    sent = enquiry()
    sent.give_answer(answer, "as our switch shows", NOON + hours(1), BECAUSE)
    with pytest.raises(ConflictError) as conflict:
        sent.give_answer(answer, None, NOON + hours(2), BECAUSE)
    assert conflict.value.code == "enquiry-is-answered"
    facts = [each.event for each in sent.drain() if isinstance(each.event, EnquiryFact)]
    assert [(fact.type, fact.answer) for fact in facts] == [
        ("enquiry-sent.v1", None),
        ("enquiry-answered.v1", answer),
    ]


def test_a_missed_deadline_is_recorded_once() -> None:
    sent = enquiry()
    assert not sent.expire(NOON + hours(24), BECAUSE)
    assert sent.expire(NOON + hours(25), BECAUSE)
    assert not sent.expire(NOON + hours(26), BECAUSE)
    assert sent.state is EnquiryState.UNANSWERED


def test_an_answered_enquiry_does_not_expire() -> None:
    sent = enquiry()
    sent.give_answer(Answer.NOT_MINE, None, NOON + hours(1), BECAUSE)
    assert not sent.expire(NOON + hours(25), BECAUSE)


def test_a_late_answer_is_still_an_answer() -> None:
    sent = enquiry()
    sent.expire(NOON + hours(25), BECAUSE)
    sent.give_answer(Answer.NOT_MINE, None, NOON + hours(26), BECAUSE)
    assert sent.state is EnquiryState.ANSWERED


def test_the_answer_filed_requires_a_filing_in_force() -> None:
    require_consistent(Answer.FILED, "CMCC", register(filed()), NOW)
    require_consistent(Answer.FILED, "CMCC", register(filed(number=NUMBER[:8])), NOW)
    ended = register(filed(number=NUMBER[:8]), filed(number=NUMBER[:8], since=NOON, covers=False))
    for empty in (register(), register(filed(carrier="CUCC")), ended):
        with pytest.raises(ConflictError) as conflict:
            require_consistent(Answer.FILED, "CMCC", empty, NOW)
        assert conflict.value.code == "number-is-not-filed"


def test_the_answer_mine_unfiled_requires_that_the_number_is_not_filed() -> None:
    require_consistent(Answer.MINE_UNFILED, "CMCC", register(), NOW)
    with pytest.raises(ConflictError) as conflict:
        require_consistent(Answer.MINE_UNFILED, "CMCC", register(filed(since=NOW - days(1))), NOW)
    assert conflict.value.code == "number-is-filed"


@pytest.mark.parametrize(
    ("because", "follows"),
    [(Addressed.ACCESS_CODE, True), (Addressed.PLAN, True), (Addressed.EVERY_CARRIER, False)],
)
def test_a_missing_answer_leads_to_an_order_where_the_enquiry_names_the_carrier(
    because: Addressed, follows: bool
) -> None:
    assert shut_after_silence(enquiry(because=because), register(), NOW) == follows


def test_a_missing_answer_about_a_number_filed_since_leads_to_nothing() -> None:
    assert not shut_after_silence(enquiry(), register(filed(since=NOW - days(1))), NOW)
