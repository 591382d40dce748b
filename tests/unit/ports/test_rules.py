"""The rules that ship: which pack is in force when, and that each says where it comes from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from chassis import rules
from services.ports.model import Ground
from services.ports.model.order import ON_COMPLAINTS
from services.ports.policy.rulebook import enquiry_deadline, longest_window, order_deadlines, rule_for

LAST_DAY_OF_2015, FIRST_DAY_OF_2026 = date(2026, 4, 30), date(2026, 5, 1)


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026")


def test_what_does_not_stand_on_complaints_has_the_least_weight() -> None:
    assert list(Ground)[-2:] == [Ground.LISTING, Ground.BY_HAND]
    assert set(Ground) - {Ground.LISTING, Ground.BY_HAND} == ON_COMPLAINTS


@pytest.mark.parametrize("ground", sorted(ON_COMPLAINTS))
def test_every_ground_that_stands_on_complaints_has_a_bar_that_cites_its_source(ground: Ground) -> None:
    for day, pack in ((date(2020, 11, 6), "CN-2015"), (LAST_DAY_OF_2015, "CN-2015"), (FIRST_DAY_OF_2026, "CN-2026")):
        rule = rule_for(ground, day)
        assert rule is not None
        assert rule.citation.version.startswith(pack)
        assert rule.citation.legal_source
        assert rule.citation.mark == "D"


def test_before_the_first_rule_there_is_none() -> None:
    assert rule_for(Ground.COMMERCIAL, date(2015, 6, 29)) is None
    assert longest_window({date(2015, 6, 29)}) == timedelta()


def test_spam_from_a_declared_port_takes_five_complainants_in_ten_days() -> None:
    rule = rule_for(Ground.COMMERCIAL, FIRST_DAY_OF_2026)
    assert rule is not None
    assert (rule.bar.complainants, rule.bar.window) == (5, timedelta(days=10))


def test_a_carrier_has_two_hours_to_acknowledge_and_a_day_to_execute_but_two_hours_for_a_crime() -> None:
    deadlines = order_deadlines(datetime(2026, 6, 1, tzinfo=UTC))
    assert deadlines.acknowledge == timedelta(hours=2)
    assert deadlines.execution(Ground.SUBLET) == timedelta(hours=24)
    assert deadlines.execution(Ground.LISTING) == deadlines.execution(Ground.BY_HAND) == timedelta(hours=24)
    assert deadlines.execution(Ground.SUSPECTED_CRIME) == timedelta(hours=2)
    assert enquiry_deadline(datetime(2026, 6, 1, tzinfo=UTC)).answer == timedelta(hours=24)


def test_the_demo_has_deadlines_in_seconds_and_the_same_bars() -> None:
    before = rule_for(Ground.COMMERCIAL, FIRST_DAY_OF_2026)
    rules.use_packs("CN-2015,CN-2026,demo")
    assert order_deadlines(datetime(2026, 6, 1, tzinfo=UTC)).execute < timedelta(minutes=1)
    assert enquiry_deadline(datetime(2026, 6, 1, tzinfo=UTC)).answer < timedelta(minutes=1)
    assert rule_for(Ground.COMMERCIAL, FIRST_DAY_OF_2026) == before
