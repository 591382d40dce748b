"""The subject of a complaint, and the clue that it belongs to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.vocabulary import Category
from services.referrals.policy.subjects import SetAside, placement_of, subject_of
from tests.unit.referrals.builders import MOBILE, NUMBER, PROVIDER, SIGNATURE, attribution, complaint, place, sender

ENTERPRISE, SIGNED = ("enterprise", PROVIDER), ("signature", SIGNATURE)
PORT, PHONE = ("number", NUMBER), ("number", MOBILE)

CLAIMED = {"claimed_holder": "91440300MA5EXAMP0A", "claimed_provider": PROVIDER}

SUBJECTS: dict[str, tuple[str, str, dict[str, Any], tuple[str, str] | None]] = {
    "declared": (NUMBER, "declared", {}, ENTERPRISE),
    "declared, of several providers": (NUMBER, "declared", {"provider": None}, SIGNED),
    "declared, of several, unsigned": (NUMBER, "declared", {"provider": None, "signature": None}, PORT),
    "declared, with an unreadable signature": (
        NUMBER,
        "declared",
        {"provider": None, "signature": None, "signature_unreadable": True},
        PORT,
    ),
    "sublet": (NUMBER, "sublet-suspected", {}, SIGNED),
    "sublet, unsigned": (NUMBER, "sublet-suspected", {"signature": None}, PORT),
    "unregistered on a holder's access code": (NUMBER, "unregistered", {"provider": None}, SIGNED),
    "the same, unsigned": (NUMBER, "unregistered", {"provider": None, "signature": None}, PORT),
    "unregistered on an unknown access code": (NUMBER, "unregistered", {"provider": None, "holder": None}, PORT),
    "declared late, by a claim": (NUMBER, "declared-late", {"provider": None, "holder": None, **CLAIMED}, PORT),
    "a mobile": (MOBILE, "p2p", {"provider": None, "holder": None}, PHONE),
    "a service number": ("95588", "other", {"provider": None, "holder": None}, ("number", "95588")),
    "not a number": ("无", "other", {"provider": None, "holder": None}, None),
    "an empty signature": (NUMBER, "sublet-suspected", {"signature": ""}, PORT),
    "an attribution of a later version": (MOBILE, "guessed", {}, PHONE),
}


@pytest.mark.parametrize("what", SUBJECTS)
def test_the_subject_is_the_party_responsible_for_the_message(what: str) -> None:
    number, kind, overrides, subject = SUBJECTS[what]
    assert subject_of(attribution(kind, **overrides), sender(number)) == subject


def test_a_commercial_message_belongs_to_its_industry() -> None:
    assert placement_of(complaint()).place == place()


def test_a_suspected_crime_belongs_to_the_police_whatever_its_industry() -> None:
    belongs = placement_of(complaint(category="suspected-crime", industry="loans")).place
    assert belongs is not None
    assert (belongs.industry, belongs.category) == ("crime", Category.SUSPECTED_CRIME)


@pytest.mark.parametrize("category", ["not-spam", "of a later version"])
def test_a_complaint_that_is_not_about_spam_belongs_in_no_clue(category: str) -> None:
    placement = placement_of(complaint(category=category))
    assert (placement.place, placement.set_aside, placement.counts) == (None, None, False)


def test_spam_without_a_subject_is_set_aside_and_counts() -> None:
    placement = placement_of(complaint("无", kind="other", provider=None, signature=None))
    assert (placement.place, placement.set_aside, placement.counts) == (None, SetAside.NO_SUBJECT, True)


@pytest.mark.parametrize(
    ("received", "period"),
    [
        (datetime(2026, 3, 31, 15, 59, tzinfo=UTC), "2026Q1"),
        (datetime(2026, 3, 31, 16, tzinfo=UTC), "2026Q2"),
        (datetime(2026, 12, 31, 15, 59, tzinfo=UTC), "2026Q4"),
        (datetime(2026, 12, 31, 16, tzinfo=UTC), "2027Q1"),
    ],
)
def test_the_period_is_the_quarter_of_receipt_in_beijing_time(received: datetime, period: str) -> None:
    belongs = placement_of(complaint(received=received)).place
    assert belongs is not None
    assert belongs.period == period
