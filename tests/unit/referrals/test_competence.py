"""Which authority is competent for a clue, by the day of the step."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from chassis.calendar import day_of
from services.referrals.policy.competence import Addressees, authority_for, can_be_routed_to

BEFORE, AFTER = date(2023, 5, 17), date(2023, 5, 18)


@pytest.mark.parametrize(
    ("industry", "authority"),
    [
        *(("retail", "SAMR"), ("education", "MOE"), ("crime", "MPS"), ("property", "MOHURD"), ("games", "NPPA")),
        *(("travel", "MCT"), ("health", "NHC"), ("telecom", "MIIT"), ("unknown", None), ("of a later version", None)),
    ],
)
def test_a_known_industry_has_an_authority_and_an_unknown_one_has_none(industry: str, authority: str | None) -> None:
    assert authority_for(industry, AFTER) == authority


@pytest.mark.parametrize("industry", ["loans", "insurance", "collection"])
def test_the_authority_for_finance_changes_on_one_day(industry: str) -> None:
    assert (authority_for(industry, BEFORE), authority_for(industry, AFTER)) == ("CBIRC", "NFRA")


def test_a_successor_receives_the_clues_of_a_dissolved_authority() -> None:
    before, after = Addressees(BEFORE), Addressees(AFTER)
    assert (before.of("CBIRC", "loans"), after.of("CBIRC", "loans")) == ("CBIRC", "NFRA")
    assert after.of("CBIRC", "retail") == "SAMR"
    assert after.of("CBIRC", "unknown") is None


def test_clues_of_the_regulator_or_without_an_authority_have_no_addressee() -> None:
    addressees = Addressees(AFTER)
    assert addressees.of("MIIT", "telecom") is None
    assert addressees.of(None, "unknown") is None
    assert "MIIT" not in addressees.existing
    assert all(each.successor != "MIIT" for each in addressees.successions)


def test_a_routed_clue_goes_to_the_named_authority_whatever_its_industry() -> None:
    assert Addressees(AFTER).of("MOE", "retail") == "MOE"


def test_clues_can_be_routed_to_authorities_that_exist_on_that_day() -> None:
    allowed = {code: can_be_routed_to(code, AFTER) for code in ("SAMR", "MIIT", "NFRA", "CBIRC", "UNKNOWN")}
    assert allowed == {"SAMR": True, "MIIT": True, "NFRA": True, "CBIRC": False, "UNKNOWN": False}
    assert can_be_routed_to("CBIRC", BEFORE)


def test_a_day_begins_at_midnight_in_beijing() -> None:
    assert day_of(datetime(2023, 5, 17, 15, 59, tzinfo=UTC)) == BEFORE
    assert day_of(datetime(2023, 5, 17, 16, tzinfo=UTC)) == AFTER
