"""The vocabulary of all services: its tables, the competent authority at a date, and additions by a deployment."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from contracts.authorities import AUTHORITIES, POLICE, competent
from contracts.carriers import CARRIERS, Carrier
from contracts.channels import CHANNELS
from contracts.industries import CRIME, INDUSTRIES, UNKNOWN
from contracts.provinces import PROVINCES
from contracts.tables import Table
from contracts.vocabulary import Category

LAST_DAY_OF_CBIRC = date(2023, 5, 17)
FIRST_DAY_OF_NFRA = date(2023, 5, 18)

TWO_CARRIERS = """
- {code: ONE, name: One, name_zh: 一}
- {code: TWO, name: Two, name_zh: 二}
"""


def code_of_competent(industry: str, category: Category, on: date = date(2026, 6, 1)) -> str | None:
    authority = competent(industry, category, on)
    return authority.code if authority else None


@pytest.mark.parametrize("industry", ["loans", "insurance", "collection"])
def test_finance_moved_from_cbirc_to_nfra(industry: str) -> None:
    assert code_of_competent(industry, Category.COMMERCIAL, date(2020, 11, 6)) == "CBIRC"
    assert code_of_competent(industry, Category.COMMERCIAL, LAST_DAY_OF_CBIRC) == "CBIRC"
    assert code_of_competent(industry, Category.COMMERCIAL, FIRST_DAY_OF_NFRA) == "NFRA"


def test_a_suspected_crime_in_any_industry_goes_to_the_police() -> None:
    for industry in INDUSTRIES:
        assert code_of_competent(industry, Category.SUSPECTED_CRIME) == POLICE
    assert code_of_competent(CRIME, Category.COMMERCIAL) == POLICE


def test_an_unknown_industry_or_a_message_that_is_not_spam_has_no_default_authority() -> None:
    assert code_of_competent(UNKNOWN, Category.COMMERCIAL) is None
    assert code_of_competent("retail", Category.NOT_SPAM) is None


def test_every_known_industry_has_exactly_one_lead_authority_on_any_day() -> None:
    for on in (date(2020, 1, 1), LAST_DAY_OF_CBIRC, FIRST_DAY_OF_NFRA, date(2026, 5, 1)):
        for industry in set(INDUSTRIES) - {UNKNOWN}:
            lead = [each for each in AUTHORITIES.values() if industry in each.industries and each.exists(on)]
            assert len(lead) == 1, (industry, on)


def test_authorities_are_competent_for_known_industries_only() -> None:
    assert {industry for each in AUTHORITIES.values() for industry in each.industries} <= set(INDUSTRIES)


def test_only_the_regulator_itself_is_marked_as_own() -> None:
    assert [code for code, authority in AUTHORITIES.items() if authority.own] == ["MIIT"]


def test_codes_in_yaml_are_read_as_text() -> None:
    assert "12321_web" in CHANNELS
    assert "440000" in PROVINCES
    assert len(PROVINCES) == 31
    assert all(code.endswith("0000") and len(code) == 6 for code in PROVINCES)


def test_only_channels_that_identify_the_complainant_are_vouched() -> None:
    assert {code for code, channel in CHANNELS.items() if channel.vouched} == {
        "12321_web",
        "app",
        "sms",
        "phone",
        "carrier",
    }


def test_the_four_carriers_are_listed() -> None:
    assert list(CARRIERS) == ["CMCC", "CUCC", "CTCC", "CBN"]


def test_a_deployment_can_add_and_replace_rows(tmp_path: Path) -> None:
    carriers = Table(Carrier, TWO_CARRIERS.encode())
    own = tmp_path / "carriers.yaml"
    own.write_text("- {code: TWO, name: Renamed, name_zh: 贰}\n- {code: THREE, name: Three, name_zh: 三}\n")
    carriers.extend(own)
    assert {code: carrier.name for code, carrier in carriers.items()} == {
        "ONE": "One",
        "TWO": "Renamed",
        "THREE": "Three",
    }


@pytest.mark.parametrize(
    "rows",
    [
        "",
        "ONE",
        "- ONE",
        "- {code: ONE, name: One}",
        "- {code: ONE, name: One, name_zh: 一, colour: red}",
        "- {code: 1, name: One, name_zh: 一}",
        "- {code: ONE, name: [",
        "- {code: ONE, name: One, name_zh: 一}\n- {code: ONE, name: One, name_zh: 一}",
    ],
)
def test_an_invalid_table_is_refused_and_changes_nothing(rows: str, tmp_path: Path) -> None:
    carriers = Table(Carrier, TWO_CARRIERS.encode())
    own = tmp_path / "carriers.yaml"
    own.write_text(rows)
    with pytest.raises(ValueError, match="Carrier"):
        carriers.extend(own)
    assert list(carriers) == ["ONE", "TWO"]
