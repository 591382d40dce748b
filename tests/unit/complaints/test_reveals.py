"""A reveal: one person requests it, another decides, and only the requester sees the number, for a limited time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chassis import rules
from chassis.aggregate import ConflictError
from chassis.ids import new_id
from services.complaints.model import Reveal, RevealState
from services.complaints.policy.rulebook import RULES, RevealValidity
from tests.unit.complaints.builders import NOON, complaint

DAY = timedelta(hours=24)


def requested() -> Reveal:
    about = complaint()
    return Reveal(
        id=new_id(),
        complaint_id=about.id,
        province=about.province,
        reason="the police ask",
        requested_by="anna",
        requested_at=NOON,
    )


def approved() -> Reveal:
    reveal = requested()
    reveal.approve("the letter is here", "boris", NOON, DAY, RULES.at(RevealValidity, NOON).citation)
    return reveal


def broken(code: str) -> pytest.RaisesExc[ConflictError]:
    return pytest.RaisesExc(ConflictError, check=lambda error: error.code == code)


def test_an_approved_number_is_disclosed_to_its_requester_until_the_approval_expires() -> None:
    reveal = approved()
    assert (reveal.state, reveal.version) == (RevealState.APPROVED, 2)
    assert reveal.expires_at == NOON + DAY
    assert [rule.rule for rule in reveal.rules] == ["privacy.reveal"]
    reveal.require_disclosable("anna", NOON)
    reveal.require_disclosable("anna", NOON + DAY - timedelta(microseconds=1))
    with broken("reveal-expired"):
        reveal.require_disclosable("anna", NOON + DAY)


def test_the_number_is_disclosed_to_no_other_person_not_even_the_approver() -> None:
    for person in ("boris", "carla"):
        with broken("forbidden"):
            approved().require_disclosable(person, NOON)


def test_a_requester_cannot_decide_on_the_own_request() -> None:
    reveal = requested()
    with broken("four-eyes"):
        reveal.approve("I may", "anna", NOON, DAY, RULES.at(RevealValidity, NOON).citation)
    with broken("four-eyes"):
        reveal.refuse("I may not", "anna", NOON)
    assert (reveal.state, reveal.version) == (RevealState.REQUESTED, 1)


def test_a_number_without_approval_is_not_disclosed() -> None:
    with broken("reveal-state"):
        requested().require_disclosable("anna", NOON)
    refused = requested()
    refused.refuse("no letter", "boris", NOON)
    assert (refused.state, refused.expires_at, refused.rules) == (RevealState.REFUSED, None, ())
    with broken("reveal-state"):
        refused.require_disclosable("anna", NOON)


def test_a_decision_is_final() -> None:
    reveal = approved()
    with broken("reveal-state"):
        reveal.refuse("on second thoughts", "carla", NOON)
    assert (reveal.state, reveal.decided_by, reveal.version) == (RevealState.APPROVED, "boris", 2)


def test_an_approval_is_valid_for_a_day_and_in_a_demonstration_for_a_minute() -> None:
    assert RULES.at(RevealValidity, NOON).valid == DAY
    rules.use_packs("CN-2015,CN-2026,demo")
    assert RULES.at(RevealValidity, NOON).valid == timedelta(minutes=1)
