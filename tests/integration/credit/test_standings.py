"""Standings, which carriers and authorities check before they serve an enterprise, and the public list."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from chassis import clock
from chassis.database import Database
from contracts.vocabulary import CreditList, Tier
from sandbox.scenario.cast import credit_code
from tests.integration.credit.api import CMCC, GUANGDONG, MIIT, SAMR, Api
from tests.integration.credit.scenes import (
    OF_BEIJING,
    SHOP,
    days,
    declared,
    entries,
    listed,
    project,
    propose,
    repair,
)
from tests.integration.http.api import problem

UNKNOWN = credit_code("330100", 77)
LATER = days(8)
WRONG = SHOP[:-1] + ("0" if SHOP[-1] != "0" else "1")


def check(api: Api, *codes: str) -> list[dict[str, Any]]:
    answer = api.post(CMCC, "/standings/checks", {"codes": list(codes)})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


# ------------------------------------------------------------------------------------------------------- one enterprise


@pytest.mark.parametrize("org", [CMCC, SAMR, MIIT, GUANGDONG])
def test_the_standing_of_a_listed_enterprise_is_visible_to_every_known_organisation(
    api: Api, database: Database, org: str
) -> None:
    entry = listed(database)
    with clock.shifted(LATER):
        standing = api.get(org, f"/standings/{SHOP}").json()
    assert (standing["code"], standing["listed"], standing["refused"]) == (SHOP, True, True)
    (restriction,) = standing["restrictions"]
    assert (restriction["entry"], restriction["reason"]) == (str(entry), "listed-adverse-general")
    assert (restriction["new_resources"], restriction["existing"]) == ("refuse", "propose")


def test_an_enterprise_that_was_never_listed_is_not_listed(api: Api, database: Database) -> None:
    propose(database)
    for code in (UNKNOWN, SHOP):
        answer = api.get(CMCC, f"/standings/{code}")
        assert answer.json() == {"code": code, "listed": False, "refused": False, "restrictions": []}


def test_a_standing_that_cannot_be_read_is_a_conflict(api: Api, database: Database) -> None:
    listed(database)
    with database.begin() as tx:
        tx.execute(sa.text("UPDATE standings SET restrictions = '[{}]'"))
    assert problem(api.get(CMCC, f"/standings/{SHOP}")) == (409, "unreadable-row")
    assert problem(api.post(CMCC, "/standings/checks", {"codes": [UNKNOWN, SHOP]})) == (409, "unreadable-row")


def test_a_code_is_normalised_and_an_invalid_one_is_refused(api: Api, database: Database) -> None:
    listed(database)
    with clock.shifted(LATER):
        assert api.get(CMCC, f"/standings/{SHOP[:4].lower()}-{SHOP[4:]}").json()["code"] == SHOP
    for code in (WRONG, "x", "13900001234"):
        answer = api.get(CMCC, f"/standings/{code}")
        assert problem(answer) == (422, "validation")
        assert [each["pointer"] for each in answer.json()["errors"]] == ["/code"]


@pytest.mark.parametrize(
    "org", ["channel:app", "citizen:me", "carrier:UNKNOWN", "authority:UNKNOWN", "regulator:CA-99"]
)
def test_standings_are_refused_to_unknown_organisations(api: Api, org: str) -> None:
    assert problem(api.get(org, f"/standings/{SHOP}")) == (403, "forbidden")
    assert problem(api.post(org, "/standings/checks", {"codes": [SHOP]})) == (403, "forbidden")


# ----------------------------------------------------------------------------------------------------- many enterprises


def test_check_results_are_in_the_order_of_the_request(api: Api, database: Database) -> None:
    listed(database)
    listed(database, credit_list=CreditList.DISHONEST, tier=Tier.SERIOUS)
    listed(database, OF_BEIJING, tier=Tier.MINOR)
    with clock.shifted(LATER):
        results = check(api, UNKNOWN, SHOP, OF_BEIJING, SHOP.lower())
    assert [each["code"] for each in results] == [UNKNOWN, SHOP, OF_BEIJING, SHOP]
    assert results[0] == {"code": UNKNOWN, "listed": False, "refused": False, "reasons": [], "until": None}
    assert (results[1]["listed"], results[1]["refused"]) == (True, True)
    assert results[1]["reasons"] == ["listed-adverse-general", "listed-dishonest-serious"]
    latest = max(row.until for row in entries(database))
    assert results[1]["until"] == latest.isoformat().replace("+00:00", "Z")
    assert (results[2]["listed"], results[2]["refused"]) == (True, False)
    assert results[3] == results[1]


def test_every_invalid_code_has_an_error_with_its_index(api: Api) -> None:
    answer = api.post(CMCC, "/standings/checks", {"codes": [SHOP, WRONG, UNKNOWN, "", "无"]})
    assert problem(answer) == (422, "validation")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/codes/1", "/codes/3", "/codes/4"]


@pytest.mark.parametrize(
    "body", [{}, {"codes": []}, {"codes": [1]}, {"codes": "x"}, {"codes": [SHOP], "colour": "red"}]
)
def test_a_malformed_check_is_refused(api: Api, body: dict[str, Any]) -> None:
    assert problem(api.post(CMCC, "/standings/checks", body)) == (422, "validation")


def test_at_most_ten_thousand_codes_are_checked_at_once(api: Api, database: Database) -> None:
    codes = [credit_code("440300", number) for number in range(10_000)]
    for number in (0, 5_000, 9_999):
        listed(database, codes[number])
    with clock.shifted(LATER):
        results = check(api, *codes)
    assert [each["code"] for each in results] == codes
    assert [number for number, each in enumerate(results) if each["refused"]] == [0, 5_000, 9_999]
    assert problem(api.post(CMCC, "/standings/checks", {"codes": [*codes, SHOP]})) == (422, "validation")


# ------------------------------------------------------------------------------------------------------ the public list


def test_the_public_list_shows_a_listing_and_its_grounds(api: Api, database: Database) -> None:
    project(database, declared("1069012356657101", (SHOP, "虚构优选商贸公司", "示例信息公司", clock.now())))
    entry = listed(database)
    with clock.shifted(LATER):
        (listing,) = api.client.get("/listed").json()["items"]
    (row,) = entries(database)
    assert listing == {
        "entry": str(entry),
        "code": SHOP,
        "name": "虚构优选商贸公司",
        "list": "adverse",
        "tier": "general",
        "facts": ["a fact"],
        "article": "an article",
        "since": f"{row.effective_at:%Y-%m-%dT%H}:00:00Z",
        "until": f"{row.until:%Y-%m-%dT%H}:00:00Z",
    }


def test_proposals_minor_listings_and_ended_listings_are_not_public(api: Api, database: Database) -> None:
    propose(database)
    listed(database, OF_BEIJING, tier=Tier.MINOR)
    repair(database, listed(database, credit_list=CreditList.DISHONEST), days(100))
    stands = listed(database)
    with clock.shifted(LATER):
        assert api.get(CMCC, f"/standings/{OF_BEIJING}").json()["listed"] is True
        assert [each["entry"] for each in api.client.get("/listed").json()["items"]] == [str(stands)]
    with clock.shifted(days(101)):
        assert [each["entry"] for each in api.client.get("/listed").json()["items"]] == [str(stands)]


def test_the_public_list_names_no_person(api: Api, database: Database) -> None:
    listed(database)
    with clock.shifted(LATER):
        text = api.client.get("/listed").text
    (row,) = entries(database)
    assert (row.proposer, row.decided_by) == ("li", "wang")
    assert "wang" not in text
    assert '"li"' not in text


def test_the_public_list_is_filtered_and_paged(api: Api, database: Database) -> None:
    codes = [credit_code("440300", number) for number in range(5)]
    for code in codes:
        listed(database, code)
    listed(database, codes[0], credit_list=CreditList.DISHONEST)
    with clock.shifted(LATER):
        assert len(api.client.get("/listed", params={"code": codes[0].lower()}).json()["items"]) == 2
        assert len(api.client.get("/listed", params={"list": "dishonest"}).json()["items"]) == 1
        seen: list[str] = []
        page = api.client.get("/listed", params={"page_size": 2, "list": "adverse"})
        while "next" in page.links:
            seen += [each["code"] for each in page.json()["items"]]
            page = api.client.get(page.links["next"]["url"])
        seen += [each["code"] for each in page.json()["items"]]
        assert problem(api.client.get("/listed", params={"code": "x"})) == (422, "validation")
    assert seen == codes
