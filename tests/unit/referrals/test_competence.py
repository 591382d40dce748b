"""Which authority a clue goes to, by the day of the step."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.referrals.policy.competence import Addressees, authority_for, day_of, may_be_routed_to

BEFORE, AFTER = date(2023, 5, 17), date(2023, 5, 18)


@pytest.mark.parametrize(
    ("industry", "authority"),
    [
        *(("retail", "SAMR"), ("education", "MOE"), ("crime", "MPS"), ("property", "MOHURD"), ("games", "NPPA")),
        *(("travel", "MCT"), ("health", "NHC"), ("telecom", "MIIT"), ("unknown", None), ("of a later version", None)),
    ],
)
def test_an_industry_has_its_authority_and_an_unknown_one_has_none(industry: str, authority: str | None) -> None:
    assert authority_for(industry, AFTER) == authority


@pytest.mark.parametrize("industry", ["loans", "insurance", "collection"])
def test_finance_changed_hands_on_one_day(industry: str) -> None:
    assert (authority_for(industry, BEFORE), authority_for(industry, AFTER)) == ("CBIRC", "NFRA")


def test_who_takes_over_receives_what_was_collected_for_who_is_gone() -> None:
    before, after = Addressees(BEFORE), Addressees(AFTER)
    assert (before.of("CBIRC", "loans"), after.of("CBIRC", "loans")) == ("CBIRC", "NFRA")
    assert after.of("CBIRC", "retail") == "SAMR"
    assert after.of("CBIRC", "unknown") is None


def test_the_regulator_and_nobody_receive_nothing() -> None:
    addressees = Addressees(AFTER)
    assert addressees.of("MIIT", "telecom") is None
    assert addressees.of(None, "unknown") is None
    assert "MIIT" not in addressees.standing
    assert all(each.addressee != "MIIT" for each in addressees.heirs)


def test_what_staff_routed_stays_with_whom_they_named() -> None:
    assert Addressees(AFTER).of("MOE", "retail") == "MOE"


def test_staff_name_an_authority_of_that_day() -> None:
    told = {code: may_be_routed_to(code, AFTER) for code in ("SAMR", "MIIT", "NFRA", "CBIRC", "NOBODY")}
    assert told == {"SAMR": True, "MIIT": True, "NFRA": True, "CBIRC": False, "NOBODY": False}
    assert may_be_routed_to("CBIRC", BEFORE)


def test_a_day_begins_at_midnight_in_beijing() -> None:
    assert day_of(datetime(2023, 5, 17, 15, 59, tzinfo=UTC)) == BEFORE
    assert day_of(datetime(2023, 5, 17, 16, tzinfo=UTC)) == AFTER
