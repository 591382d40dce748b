"""A reveal: one person asks, another decides, and only the first one sees, for a while."""

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


def test_what_is_approved_is_seen_by_whom_it_was_approved_for_until_it_expires() -> None:
    reveal = approved()
    assert (reveal.state, reveal.version) == (RevealState.APPROVED, 2)
    assert reveal.expires_at == NOON + DAY
    assert [rule.rule for rule in reveal.rules] == ["privacy.reveal"]
    reveal.require_disclosable("anna", NOON)
    reveal.require_disclosable("anna", NOON + DAY - timedelta(microseconds=1))
    with broken("reveal-expired"):
        reveal.require_disclosable("anna", NOON + DAY)


def test_nobody_else_sees_it_not_even_who_approved() -> None:
    for somebody in ("boris", "carla"):
        with broken("forbidden"):
            approved().require_disclosable(somebody, NOON)


def test_nobody_decides_on_what_they_asked_for() -> None:
    reveal = requested()
    with broken("four-eyes"):
        reveal.approve("I may", "anna", NOON, DAY, RULES.at(RevealValidity, NOON).citation)
    with broken("four-eyes"):
        reveal.refuse("I may not", "anna", NOON)
    assert (reveal.state, reveal.version) == (RevealState.REQUESTED, 1)


def test_what_was_not_approved_is_not_seen() -> None:
    with broken("reveal-state"):
        requested().require_disclosable("anna", NOON)
    refused = requested()
    refused.refuse("no letter", "boris", NOON)
    assert (refused.state, refused.expires_at, refused.rules) == (RevealState.REFUSED, None, ())
    with broken("reveal-state"):
        refused.require_disclosable("anna", NOON)


def test_what_was_decided_stays_decided() -> None:
    reveal = approved()
    with broken("reveal-state"):
        reveal.refuse("on second thoughts", "carla", NOON)
    assert (reveal.state, reveal.decided_by, reveal.version) == (RevealState.APPROVED, "boris", 2)


def test_an_approval_holds_for_a_day_and_in_a_demonstration_for_a_minute() -> None:
    assert RULES.at(RevealValidity, NOON).valid == DAY
    rules.use_packs("CN-2015,CN-2026,demo")
    assert RULES.at(RevealValidity, NOON).valid == timedelta(minutes=1)
