"""The rules that ship: which pack is in force on which day, and the source of each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from chassis import rules
from services.ports.model import ShutdownGround
from services.ports.model.order import ON_COMPLAINTS
from services.ports.policy.rulebook import (
    automatic_rule,
    enquiry_deadline,
    longest_window,
    order_deadlines,
    rule_for,
    visible_from,
)

LAST_DAY_OF_2015, FIRST_DAY_OF_2026 = date(2026, 4, 30), date(2026, 5, 1)


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026")


def test_the_grounds_without_complaints_are_the_least_grave() -> None:
    assert list(ShutdownGround)[-2:] == [ShutdownGround.LISTING, ShutdownGround.BY_HAND]
    assert set(ShutdownGround) - {ShutdownGround.LISTING, ShutdownGround.BY_HAND} == ON_COMPLAINTS


@pytest.mark.parametrize("ground", sorted(ON_COMPLAINTS))
def test_every_ground_based_on_complaints_has_a_threshold_with_its_source(ground: ShutdownGround) -> None:
    for day, pack in ((date(2020, 11, 6), "CN-2015"), (LAST_DAY_OF_2015, "CN-2015"), (FIRST_DAY_OF_2026, "CN-2026")):
        rule = rule_for(ground, day)
        assert rule is not None
        assert rule.citation.version.startswith(pack)
        assert rule.citation.legal_source
        assert rule.citation.mark == "D"


def test_no_rule_is_in_force_before_the_first_one() -> None:
    assert rule_for(ShutdownGround.COMMERCIAL, date(2015, 6, 29)) is None
    assert longest_window({date(2015, 6, 29)}) == timedelta()


def test_spam_from_a_declared_port_takes_five_complainants_in_ten_days() -> None:
    rule = rule_for(ShutdownGround.COMMERCIAL, FIRST_DAY_OF_2026)
    assert rule is not None
    assert (rule.threshold.complainants, rule.threshold.window) == (5, timedelta(days=10))


def test_an_automatic_order_takes_two_channels_and_ten_minutes_of_receipt() -> None:
    rule = automatic_rule(datetime(2026, 6, 1, tzinfo=UTC))
    assert (rule.channels, rule.span) == (2, timedelta(minutes=10))


@pytest.mark.parametrize("pack", ["demo", "load"])
def test_demonstrations_and_measurements_wait_for_no_time_of_receipt(pack: str) -> None:
    rules.use_packs(f"CN-2015,CN-2026,{pack}")
    rule = automatic_rule(datetime(2026, 6, 1, tzinfo=UTC))
    assert (rule.channels, rule.span) == (2, timedelta())


@pytest.mark.parametrize(
    ("ground", "made", "visible"),
    [
        (ShutdownGround.COMMERCIAL, "12:00:00.000001", "12:05:00"),
        (ShutdownGround.COMMERCIAL, "12:04:59.999999", "12:05:00"),
        (ShutdownGround.COMMERCIAL, "12:05:00", "12:10:00"),
        (ShutdownGround.SUSPECTED_CRIME, "12:00:30", "12:01:00"),
    ],
)
def test_carriers_see_orders_on_a_grid_of_minutes(ground: ShutdownGround, made: str, visible: str) -> None:
    at, since = (datetime.fromisoformat(f"2026-06-01T{each}+00:00") for each in (made, visible))
    assert visible_from(at, ground) == since


@pytest.mark.parametrize("pack", ["demo", "load"])
def test_demonstrations_and_measurements_have_no_grid(pack: str) -> None:
    rules.use_packs(f"CN-2015,CN-2026,{pack}")
    at = datetime(2026, 6, 1, 12, 0, 1, tzinfo=UTC)
    assert visible_from(at, ShutdownGround.COMMERCIAL) == at


def test_a_carrier_has_two_hours_to_acknowledge_and_a_day_to_execute_but_two_hours_for_a_crime() -> None:
    deadlines = order_deadlines(datetime(2026, 6, 1, tzinfo=UTC))
    assert deadlines.acknowledge == timedelta(hours=2)
    assert deadlines.execution(ShutdownGround.SUBLET) == timedelta(hours=24)
    assert (
        deadlines.execution(ShutdownGround.LISTING)
        == deadlines.execution(ShutdownGround.BY_HAND)
        == timedelta(hours=24)
    )
    assert deadlines.execution(ShutdownGround.SUSPECTED_CRIME) == timedelta(hours=2)
    assert enquiry_deadline(datetime(2026, 6, 1, tzinfo=UTC)).answer == timedelta(hours=24)


def test_the_demo_has_deadlines_in_seconds_and_the_same_thresholds() -> None:
    before = rule_for(ShutdownGround.COMMERCIAL, FIRST_DAY_OF_2026)
    rules.use_packs("CN-2015,CN-2026,demo")
    assert order_deadlines(datetime(2026, 6, 1, tzinfo=UTC)).execute < timedelta(minutes=1)
    assert enquiry_deadline(datetime(2026, 6, 1, tzinfo=UTC)).answer < timedelta(minutes=1)
    assert rule_for(ShutdownGround.COMMERCIAL, FIRST_DAY_OF_2026) == before
