"""The rules in the package: which pack is in force when, and the source of each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chassis import rules
from chassis.calendar import LEGAL_TIME
from contracts.vocabulary import Tier
from services.credit.policy.rulebook import effects_of, notice, rule_for_orders, rules_for_fines
from tests.unit.credit.builders import days

LAST_OF_2015, FIRST_OF_2026 = datetime(2026, 4, 30, 12, tzinfo=LEGAL_TIME), datetime(2026, 5, 1, tzinfo=LEGAL_TIME)
BEFORE_REPAIR, REPAIR = datetime(2026, 3, 31, 23, 59, tzinfo=LEGAL_TIME), datetime(2026, 4, 1, tzinfo=LEGAL_TIME)
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026")


@pytest.mark.parametrize(("at", "pack"), [(LAST_OF_2015, "CN-2015"), (FIRST_OF_2026, "CN-2026")])
def test_grounds_change_with_the_order_of_2026_and_cite_their_source(at: datetime, pack: str) -> None:
    fines, orders = rules_for_fines(at), rule_for_orders(at)
    assert fines is not None
    assert orders is not None
    for rule in (*fines, orders, notice(at)):
        assert rule.citation.version.startswith(pack)
        assert rule.citation.legal_source
    assert [fines[0].citation.mark, fines[1].citation.mark, orders.citation.mark] == ["R", "D", "D"]


def test_before_order_42_there_is_no_list_to_propose_for() -> None:
    early = datetime(2017, 8, 31, tzinfo=LEGAL_TIME)
    assert (rules_for_fines(early), rule_for_orders(early)) == (None, None)


@pytest.mark.parametrize(
    ("tier", "period", "repairable_after", "mark_before", "mark_since"),
    [(Tier.MINOR, 90, 0, "D", "R"), (Tier.GENERAL, 365, 90, "M", "R"), (Tier.SERIOUS, 1095, 365, "M", "R")],
)
def test_tiers_have_the_same_effects_before_and_since_the_repair_order_by_different_sources(
    tier: Tier, period: int, repairable_after: int, mark_before: str, mark_since: str
) -> None:
    before, since = effects_of(tier, BEFORE_REPAIR), effects_of(tier, REPAIR)
    assert (since.period, since.repairable_after) == (days(period), days(repairable_after))
    assert (before.period, before.repairable_after) == (since.period, since.repairable_after)
    assert (before.citation.version[:7], before.citation.mark) == ("CN-2015", mark_before)
    assert (since.citation.version[:7], since.citation.mark) == ("CN-2026", mark_since)


@pytest.mark.parametrize(
    ("tier", "published", "new_resources", "existing"),
    [
        (Tier.MINOR, False, "allow", "none"),
        (Tier.GENERAL, True, "refuse", "propose"),
        (Tier.SERIOUS, True, "refuse", "propose"),
    ],
)
def test_a_minor_listing_is_not_published_and_the_others_refuse_and_propose(
    tier: Tier, published: bool, new_resources: str, existing: str
) -> None:
    effects = effects_of(tier, NOW)
    assert (effects.published, effects.new_resources, effects.existing) == (published, new_resources, existing)


def test_the_contest_period_is_a_week() -> None:
    assert notice(NOW).contest == days(7)


def test_the_demo_pack_only_shortens_the_contest_period_and_the_time_before_a_repair() -> None:
    fines, orders, usual = rules_for_fines(NOW), rule_for_orders(NOW), effects_of(Tier.GENERAL, NOW)
    rules.use_packs("CN-2015,CN-2026,demo")
    assert notice(NOW).contest == timedelta(seconds=2)
    for tier in (Tier.GENERAL, Tier.SERIOUS):
        assert effects_of(tier, NOW).repairable_after == timedelta(seconds=5)
    assert effects_of(Tier.GENERAL, NOW).period == usual.period
    assert effects_of(Tier.MINOR, NOW).repairable_after == timedelta()
    assert (rules_for_fines(NOW), rule_for_orders(NOW)) == (fines, orders)
