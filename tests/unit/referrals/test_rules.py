"""The rules as shipped: which pack is in force when, and that each cites its source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chassis import rules
from chassis.rules import Rule
from services.referrals.policy.rulebook import (
    RULES,
    DocumentSamples,
    DocumentSenders,
    FeedbackDeadline,
    SealingCalendar,
    SealingCrime,
    document_samples,
    document_senders,
    feedback_deadline,
    sealing_calendar,
    sealing_crime,
)

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
LAST_MOMENT_OF_2015 = datetime(2026, 4, 30, 15, 59, tzinfo=UTC)
FIRST_MOMENT_OF_2026 = datetime(2026, 4, 30, 16, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026")


@pytest.mark.parametrize("rule", [SealingCalendar, SealingCrime, DocumentSenders, DocumentSamples, FeedbackDeadline])
def test_every_rule_is_in_force_on_every_day_and_cites_its_source(rule: type[Rule]) -> None:
    moments = (datetime(2020, 11, 6, tzinfo=UTC), LAST_MOMENT_OF_2015, FIRST_MOMENT_OF_2026)
    for moment, pack in zip(moments, ("CN-2015", "CN-2015", "CN-2026"), strict=True):
        citation = RULES.at(rule, moment).citation
        assert citation.version.startswith(pack)
        assert citation.legal_source
        assert citation.mark == "D"


def test_a_quarter_is_sealed_ten_days_after_its_end_in_batches_of_five_hundred() -> None:
    rule = sealing_calendar(JUNE)
    assert (rule.after, rule.clues) == (timedelta(days=10), 500)


def test_one_vouched_complainant_sends_a_crime_to_the_police_and_the_place_rests_a_day() -> None:
    rule = sealing_crime(JUNE)
    assert (rule.complainants, rule.rest) == (1, timedelta(hours=24))


def test_a_document_has_samples_from_three_complainants_on() -> None:
    samples = document_samples(JUNE)
    assert (samples.least_complainants, samples.most, document_senders(JUNE).most) == (3, 5, 20)


def test_an_authority_has_thirty_days_with_thirty_more_and_seconds_in_the_demo() -> None:
    rule = feedback_deadline(JUNE)
    assert (rule.conclude, rule.extension) == (timedelta(days=30), timedelta(days=30))
    rules.use_packs("CN-2015,CN-2026,demo")
    demo = feedback_deadline(JUNE)
    assert (demo.conclude, demo.extension) == (timedelta(seconds=12), timedelta(seconds=8))
    assert sealing_calendar(JUNE).after == timedelta(days=10)
