"""What staff and carriers see of listings, and of the filings that these refused."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from chassis.database import Database
from tests.integration.http.api import problem
from tests.integration.ports.api import SCOPES, Api
from tests.integration.ports.scenes import (
    HOLDER,
    NUMBER,
    OTHER_HOLDER,
    consume,
    enforce,
    execute,
    file,
    five,
    form,
    lift,
    listed,
    named,
    order_at,
    repaired,
    restriction,
    standing,
)

MIIT, FUJIAN, GUANGDONG = "regulator:MIIT", "regulator:CA-35", "regulator:CA-44"
CMCC, CUCC = "carrier:CMCC", "carrier:CUCC"
ENTRY = str(named("an entry"))
MANY = [f"{NUMBER[:10]}{n:03}" for n in range(4)]
FILING: dict[str, Any] = {
    "number": NUMBER,
    "carrier": "CMCC",
    "holder_uscc": HOLDER,
    "holder_name": "示例短信信息技术有限公司",
    "provider_uscc": HOLDER,
    "provider_name": "示例短信信息技术有限公司",
    "signature": "样例服务",
    "purpose": "notice",
}


def filings(api: Api, org: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(org, "/filings", **query).json()["items"]
    return found


# --------------------------------------------------------------------------------------------------------- filings


def test_a_refused_filing_names_the_listing_to_the_carrier(api: Api, database: Database) -> None:
    consume(database, standing(restriction()))
    refused = api.post(CMCC, "/filings", FILING)
    assert refused.status_code == 201
    filing = refused.json()
    assert (filing["decision"], filing["listing"], filing["hindered_by"]) == ("refused", ENTRY, None)
    assert HOLDER in filing["reasons"][0]
    assert api.get(CMCC, refused.headers["location"]).json() == filing
    assert filings(api, CMCC) == [filing]


def test_filings_are_found_by_decision_carrier_number_and_listing(api: Api, database: Database) -> None:
    file(database, form(MANY[0]), form(MANY[1], carrier="CUCC"), form(MANY[2], holder=OTHER_HOLDER))
    consume(database, *five(MANY[2]))
    consume(database, standing(restriction(existing="none")))
    file(database, form(MANY[3]), form(MANY[2], holder=OTHER_HOLDER, signature="虚构生活"))

    def found(**query: Any) -> list[tuple[str, str]]:
        return [(each["number"], each["decision"]) for each in filings(api, MIIT, **query)]

    assert len(found()) == 5
    assert found(decision="refused") == [(MANY[3], "refused"), (MANY[2], "refused")]
    assert found(carrier="CUCC") == [(MANY[1], "accepted")]
    assert found(number=MANY[2]) == [(MANY[2], "accepted"), (MANY[2], "refused")]
    assert found(listing=ENTRY) == [(MANY[3], "refused")]
    assert found(listing=str(uuid4())) == []
    (by_order,) = [each for each in filings(api, MIIT, decision="refused") if each["number"] == MANY[2]]
    assert (by_order["hindered_by"], by_order["listing"]) == (str(order_at(database, MANY[2]).id), None)
    assert problem(api.get(MIIT, "/filings", decision="perhaps")) == (422, "validation")


def test_a_refusal_without_a_kind_of_hindrance_is_shown_with_its_order(api: Api, database: Database) -> None:
    file(database, form())
    consume(database, *five())
    file(database, form(holder=OTHER_HOLDER))
    with database.begin() as tx:
        tx.cursor().execute("UPDATE filings SET hindrance = NULL")
    (filing,) = filings(api, MIIT, decision="refused")
    assert (filing["hindered_by"], filing["listing"]) == (str(order_at(database).id), None)


def test_filings_are_paged_and_each_caller_sees_its_own(api: Api, database: Database) -> None:
    here = form("10629001947213", province="440000", carrier="CUCC")
    file(database, *(form(number) for number in MANY), here)
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = api.get(CMCC, "/filings", page_size=3, **token).json()
        seen += [each["number"] for each in page["items"]]
        if page["next_page_token"] is None:
            break
        token = {"page_token": page["next_page_token"]}
    assert sorted(seen) == MANY
    assert [each["number"] for each in filings(api, GUANGDONG)] == [here.number]
    assert filings(api, CUCC, carrier="CMCC") == []
    assert problem(api.get("authority:SAMR", "/filings")) == (403, "forbidden")
    assert problem(api.get(CMCC, "/filings", scopes=SCOPES.replace("ports:read", ""))) == (403, "forbidden")


# -------------------------------------------------------------------------------------------------------- listings


def test_staff_see_how_far_a_listing_has_come(api: Api, database: Database) -> None:
    listed(database, *MANY)
    execute(database, order_at(database, MANY[0]))
    lift(database, order_at(database, MANY[1]))
    file(database, form(NUMBER))
    listing = api.get(MIIT, f"/listings/{ENTRY}").json()
    assert (listing["code"], listing["list"], listing["tier"], listing["existing"]) == (
        HOLDER,
        "adverse",
        "general",
        "shut",
    )
    counts = {name: listing[name] for name in ("phase", "refused", "ordered", "executed", "lifted")}
    assert counts == {"phase": "shut", "refused": 1, "ordered": 4, "executed": 1, "lifted": 1}
    assert api.get(MIIT, "/listings").json()["items"] == [listing]
    consume(database, repaired())
    enforce(database)
    listing = api.get(MIIT, f"/listings/{ENTRY}").json()
    assert (listing["phase"], listing["lifted"], listing["ended_at"] is not None) == ("ended", 4, True)


def test_listings_are_filtered_and_paged(api: Api, database: Database) -> None:
    consume(database, standing(restriction("a"), restriction("b", existing="none")))
    consume(database, standing(restriction("c", existing="propose"), code=OTHER_HOLDER))

    def found(**query: Any) -> set[str]:
        return {each["entry"] for each in api.get(MIIT, "/listings", **query).json()["items"]}

    a, b, c = (str(named(name)) for name in "abc")
    assert found() == {a, b, c}
    assert found(phase="proposed") == {c}
    assert found(code=HOLDER) == {a, b}
    page = api.get(MIIT, "/listings", page_size=2).json()
    rest = found(page_size=2, page_token=page["next_page_token"])
    assert {each["entry"] for each in page["items"]} | rest == {a, b, c}
    assert len(rest) == 1


def test_listings_are_visible_to_the_province_of_registration_and_to_no_carrier(api: Api, database: Database) -> None:
    consume(database, standing(restriction()))
    assert api.get(FUJIAN, f"/listings/{ENTRY}").status_code == 200
    assert problem(api.get(GUANGDONG, f"/listings/{ENTRY}")) == (404, "not-found")
    assert api.get(GUANGDONG, "/listings").json()["items"] == []
    for org in (CMCC, "authority:SAMR", "channel:app"):
        assert problem(api.get(org, "/listings")) == (403, "forbidden")
        assert problem(api.get(org, f"/listings/{ENTRY}")) == (403, "forbidden")
    assert problem(api.get(MIIT, f"/listings/{uuid4()}")) == (404, "not-found")


def test_a_carrier_sees_the_listing_that_its_order_is_based_on(api: Api, database: Database) -> None:
    listed(database, NUMBER)
    (order,) = api.get(CMCC, "/orders", ground="listing").json()["items"]
    assert (order["causes"], order["complainants"]) == ([f"listing:{ENTRY}"], 0)


# ------------------------------------------------------------------------------------------------------- statistics


def test_the_figures_of_listings_and_proposals_add_up(api: Api, database: Database) -> None:
    listed(database, *MANY)
    execute(database, order_at(database, MANY[0]))
    consume(database, *five(NUMBER))
    file(database, form(f"{NUMBER}1"), form(f"{NUMBER}2", holder=OTHER_HOLDER))
    consume(database, standing(restriction("theirs", existing="propose"), code=OTHER_HOLDER))
    api.post(MIIT, "/shutdown-proposals", {"carrier": "CMCC", "number": f"{NUMBER}2", "reason": "x"})
    consume(database, repaired())
    lifting = api.get(MIIT, "/statistics").json()
    assert lifting["filings"] == {"accepted": 5, "refused": 1, "refused_by_listing": 1}
    assert lifting["orders"]["by_listing"] == {"ordered": 4, "executed": 1, "lifted": 0}
    assert lifting["orders"]["grounds"]["listing"] == 4
    assert lifting["orders"]["grounds"]["by-hand"] == 0
    assert lifting["proposals"] == {"proposed": 2, "shut": 0, "rejected": 0, "withdrawn": 0}
    listings = lifting["listings"]
    assert listings == {"in_force": 1, "noted": 0, "proposed": 1, "shutting": 0, "shut": 0, "lifting": 1, "ended": 0}
    enforce(database)
    figures = api.get(MIIT, "/statistics").json()
    assert figures["orders"]["by_listing"]["lifted"] == 4
    assert (figures["listings"]["ended"], figures["listings"]["in_force"]) == (1, 1)
