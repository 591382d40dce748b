"""The API: what carriers and staff can see and do, and the problems that they get otherwise."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from chassis import clock
from chassis.database import Database
from chassis.sweeper import Slice
from tests.integration.http.api import problem
from tests.integration.ports.api import SCOPES, Api
from tests.integration.ports.scenes import (
    HOLDER,
    NUMBER,
    PROVIDER,
    consume,
    enquiries,
    file,
    five,
    form,
    hours,
    ordered,
    orders,
    published,
    rows,
    unregistered,
)

CMCC, CUCC, MIIT, GUANGDONG = "carrier:CMCC", "carrier:CUCC", "regulator:MIIT", "regulator:CA-44"
OF_CARRIERS_OWN = "1065712345"
FILING: dict[str, Any] = {
    "number": NUMBER,
    "carrier": "CMCC",
    "holder_uscc": HOLDER,
    "holder_name": "示例短信信息技术有限公司",
    "provider_uscc": PROVIDER,
    "provider_name": "样例服务中心有限公司",
    "signature": "样例服务",
    "purpose": "notice",
    "declared_from": "2020-01-01",
}


def enquired(database: Database) -> str:
    """The path of an enquiry that was just sent to CMCC."""
    consume(database, unregistered("u1", OF_CARRIERS_OWN), unregistered("u2", OF_CARRIERS_OWN))
    return f"/enquiries/{enquiries(database)[0].id}"


# -------------------------------------------------------------------------------------------------------- register


def test_a_carrier_files_a_port_and_finds_it_in_the_register(api: Api) -> None:
    filed = api.post(CMCC, "/filings", FILING)
    assert filed.status_code == 201
    assert (filed.json()["decision"], filed.json()["reasons"]) == ("accepted", [])
    assert api.get(CMCC, filed.headers["location"]).json() == filed.json()
    port = api.get(CMCC, f"/ports/CMCC/{NUMBER}")
    assert (port.status_code, port.headers["etag"]) == (200, '"2"')
    assert (port.json()["status"], len(port.json()["filings"])) == ("declared", 1)


def test_a_repeated_filing_is_known_and_returns_the_existing_one(api: Api) -> None:
    first = api.post(CMCC, "/filings", FILING)
    again = api.post(CMCC, "/filings", FILING)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


def test_a_filing_is_refused_with_reasons_while_an_order_is_in_force(api: Api, database: Database) -> None:
    path = ordered(database)
    refused = api.post(CMCC, "/filings", FILING | {"signature": "虚构生活"})
    assert refused.status_code == 201
    assert (refused.json()["decision"], refused.json()["hindered_by"]) == ("refused", path.rpartition("/")[2])
    assert api.get(CMCC, refused.headers["location"]).status_code == 200
    decisions = [each["decision"] for each in api.get(CMCC, f"/ports/CMCC/{NUMBER}").json()["filings"]]
    assert sorted(decisions) == ["accepted", "refused"]


def test_carriers_file_their_own_ports_and_national_staff_any(api: Api) -> None:
    assert problem(api.post(CUCC, "/filings", FILING)) == (403, "forbidden")
    assert problem(api.post(GUANGDONG, "/filings", FILING)) == (403, "forbidden")
    assert problem(api.post("carrier:UNKNOWN", "/filings", FILING)) == (403, "forbidden")
    assert problem(api.post("authority:SAMR", "/filings", FILING)) == (403, "forbidden")
    assert api.post(MIIT, "/filings", FILING).status_code == 201


def test_a_carrier_that_mistypes_its_own_code_learns_which_is_meant(api: Api) -> None:
    refused = api.post(CMCC, "/filings", FILING | {"carrier": "cmcc"})
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["value"]) == ("/carrier", "cmcc")
    assert "did you mean CMCC?" in error["detail"]


def test_every_wrong_field_of_a_filing_is_named_and_nothing_is_stored(api: Api, database: Database) -> None:
    wrong = FILING | {"number": "13900001234", "holder_uscc": "91350000M0CKHA1D3F", "declared_from": "2999-01-01"}
    answer = api.post(CMCC, "/filings", wrong)
    assert problem(answer) == (422, "validation")
    assert {each["pointer"] for each in answer.json()["errors"]} == {"/number", "/holder_uscc", "/declared_from"}
    assert problem(api.post(CMCC, "/filings", FILING | {"purpose": "spam"})) == (422, "validation")
    assert problem(api.post(CMCC, "/filings", FILING | {"colour": "red"})) == (422, "validation")
    assert rows(database, "SELECT 1 FROM filings UNION ALL SELECT 1 FROM outbox") == []


def test_ports_and_filings_of_other_carriers_are_not_found(api: Api) -> None:
    filed = api.post(CMCC, "/filings", FILING)
    assert problem(api.get(CUCC, f"/ports/CMCC/{NUMBER}")) == (404, "not-found")
    assert problem(api.get(CUCC, filed.headers["location"])) == (404, "not-found")
    assert api.get(CUCC, "/ports").json()["items"] == []


def test_ports_are_found_by_number_and_by_access_code_and_paged(api: Api, database: Database) -> None:
    file(database, *(form(f"{NUMBER[:8]}{n:03}") for n in range(5)), form(NUMBER, carrier="CUCC"))
    assert len(api.get(MIIT, "/ports", number=NUMBER).json()["items"]) == 1
    assert len(api.get(CMCC, "/ports", access_code=NUMBER[:8]).json()["items"]) == 5
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = api.get(MIIT, "/ports", page_size=2, **token).json()
        seen += [each["number"] for each in page["items"]]
        if page["next_page_token"] is None:
            break
        token = {"page_token": page["next_page_token"]}
    assert len(seen) == len(set(seen)) == 6


SPELLINGS = ("+86{}", "%2B86{}", "0086{}", "%E2%80%8E{}", "{} ")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_port_is_found_by_its_number_in_any_spelling(api: Api, database: Database, spelling: str) -> None:
    file(database, form())
    number, code = spelling.format(NUMBER), spelling.format(NUMBER[:8])
    for path in (f"/ports?number={number}", f"/ports?access_code={code}", f"/filings?number={number}"):
        assert [each["number"] for each in api.get(MIIT, path).json()["items"]] == [NUMBER]
    assert api.get(MIIT, f"/ports/CMCC/{number}").json()["number"] == NUMBER


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_orders_and_enquiries_are_found_by_a_number_in_any_spelling(
    api: Api, database: Database, spelling: str
) -> None:
    ordered(database)
    enquired(database)
    assert len(api.get(MIIT, f"/orders?number={spelling.format(NUMBER)}").json()["items"]) == 1
    assert len(api.get(MIIT, f"/enquiries?number={spelling.format(OF_CARRIERS_OWN)}").json()["items"]) == 1


def test_a_filing_with_a_damaged_number_is_refused_with_the_likely_cause(api: Api) -> None:
    refused = api.post(CMCC, "/filings", FILING | {"number": "1.06907E+11"})
    (error,) = refused.json()["errors"]
    assert error["pointer"] == "/number"
    assert "`1.06907E+11`" in error["detail"]
    assert "spreadsheet" in error["detail"]


def test_a_provincial_administration_sees_the_ports_of_its_province(api: Api, database: Database) -> None:
    here = form("10629001947213", province="440000")
    file(database, here, form("10629001947214", province="110000"), form())
    assert [each["number"] for each in api.get(GUANGDONG, "/ports").json()["items"]] == ["10629001947213"]
    assert api.get(GUANGDONG, f"/ports/CMCC/{here.number}").status_code == 200
    assert problem(api.get(GUANGDONG, f"/ports/CMCC/{NUMBER}")) == (404, "not-found")


def test_a_provincial_administration_sees_no_filing_of_a_port_for_another_province(
    api: Api, database: Database
) -> None:
    number = "10629001947213"
    file(database, form(number, province="110000", declared_from="2020-01-01"))
    file(database, form(number, province="440000", declared_from="2021-01-01"))
    for org, provinces in ((MIIT, ["110000", "440000"]), (GUANGDONG, ["440000"]), ("regulator:CA-11", ["110000"])):
        for port in (api.get(org, f"/ports/CMCC/{number}").json(), *api.get(org, "/ports").json()["items"]):
            assert [each["province"] for each in port["filings"]] == provinces


# ---------------------------------------------------------------------------------------------------------- orders


def test_a_carrier_acknowledges_and_executes_its_order(api: Api, database: Database) -> None:
    path = ordered(database)
    order = api.get(CMCC, path)
    assert (order.json()["state"], order.headers["etag"]) == ("ordered", '"1"')
    acknowledged = api.post(CMCC, f"{path}/acknowledgement", seen=1)
    assert (acknowledged.status_code, acknowledged.headers["etag"]) == (200, '"2"')
    executed = api.post(CMCC, f"{path}/execution", {"evidence": "switch log 17"}, seen=2)
    assert (executed.json()["state"], executed.json()["evidence"]) == ("executed", "switch log 17")
    assert api.get(CMCC, f"/ports/CMCC/{NUMBER}").json()["status"] == "shut"
    assert api.get(CMCC, path).json() == executed.json()


def test_a_carrier_refuses_with_a_reason_and_staff_lift_the_order(api: Api, database: Database) -> None:
    path = ordered(database)
    refused = api.post(CMCC, f"{path}/refusal", {"code": "public-service", "note": "flood alerts"}, seen=1)
    assert (refused.json()["state"], refused.json()["refusal_code"]) == ("refused", "public-service")
    lifted = api.post(MIIT, f"{path}/lifting", {"reason": "flood alerts indeed"}, seen=2)
    assert (lifted.json()["state"], lifted.json()["lift_reason"]) == ("lifted", "flood alerts indeed")


def test_an_act_requires_the_version_that_was_read(api: Api, database: Database) -> None:
    path = ordered(database)
    assert problem(api.post(CMCC, f"{path}/acknowledgement")) == (428, "precondition-required")
    assert problem(api.post(CMCC, f"{path}/acknowledgement", seen=7)) == (412, "precondition-failed")
    assert api.get(CMCC, path).json()["state"] == "ordered"


def test_an_act_in_the_wrong_state_is_a_conflict(api: Api, database: Database) -> None:
    path = ordered(database)
    assert problem(api.post(CMCC, f"{path}/execution", {"evidence": "x"}, seen=1)) == (409, "order-state")
    api.post(CMCC, f"{path}/acknowledgement", seen=1)
    assert problem(api.post(CMCC, f"{path}/acknowledgement", seen=2)) == (409, "order-state")


def test_a_repeated_act_with_its_key_gets_the_same_response_and_happens_once(api: Api, database: Database) -> None:
    path = ordered(database)
    first = api.post(CMCC, f"{path}/acknowledgement", seen=1, key="ack-1")
    again = api.post(CMCC, f"{path}/acknowledgement", seen=1, key="ack-1")
    assert (again.status_code, again.json()) == (200, first.json())
    assert published(database, "order-acknowledged.v1") == 1


def test_an_order_of_another_carrier_is_not_found(api: Api, database: Database) -> None:
    path = ordered(database)
    assert problem(api.get(CUCC, path)) == (404, "not-found")
    assert problem(api.post(CUCC, f"{path}/acknowledgement", seen=1)) == (404, "not-found")
    assert problem(api.post(CUCC, f"{path}/execution", {"evidence": "x"}, seen=1)) == (404, "not-found")
    assert problem(api.post(CUCC, f"{path}/refusal", {"code": "other"}, seen=1)) == (404, "not-found")
    assert api.get(CUCC, "/orders", carrier="CMCC").json()["items"] == []
    assert orders(database)[0].state == "ordered"


def test_staff_cannot_do_the_acts_of_carriers_nor_carriers_those_of_staff(api: Api, database: Database) -> None:
    path = ordered(database)
    assert problem(api.post(MIIT, f"{path}/acknowledgement", seen=1)) == (403, "forbidden")
    assert problem(api.post(CMCC, f"{path}/lifting", {"reason": "please"}, seen=1)) == (403, "forbidden")
    assert problem(api.get("authority:SAMR", path)) == (403, "forbidden")
    assert problem(api.get("channel:app", "/orders")) == (403, "forbidden")


@pytest.mark.parametrize("act", ["acknowledgement", "execution", "refusal", "lifting", "lift-review"])
def test_an_order_that_does_not_exist_is_not_found(api: Api, act: str) -> None:
    bodies = {
        "execution": {"evidence": "x"},
        "refusal": {"code": "other"},
        "lifting": {"reason": "x"},
        "lift-review": {"outcome": "confirmed", "reason": "x"},
    }
    org = MIIT if act.startswith("lift") else CMCC
    assert problem(api.post(org, f"/orders/{uuid4()}/{act}", bodies.get(act), seen=1)) == (404, "not-found")


def test_carriers_see_how_many_complained_and_staff_see_which_complaints(api: Api, database: Database) -> None:
    path = ordered(database)
    carrier, staff = api.get(CMCC, path).json(), api.get(MIIT, path).json()
    assert (carrier["complainants"], carrier["causes"]) == (5, [])
    assert len(staff["causes"]) == 5
    assert all(each.startswith("complaint:") for each in staff["causes"])


def test_orders_are_filtered(api: Api, database: Database) -> None:
    first, second = ordered(database), ordered(database, f"{NUMBER}1", "CUCC")
    api.post(CMCC, f"{first}/acknowledgement", seen=1)

    def found(**query: Any) -> list[str]:
        return [f"/orders/{each['id']}" for each in api.get(MIIT, "/orders", **query).json()["items"]]

    assert found() == [first, second]
    assert found(state="acknowledged") == [first]
    assert found(carrier="CUCC") == [second]
    assert found(number=NUMBER) == [first]
    assert found(overdue="true") == []
    assert found(ground_fell="false", ground="commercial") == [first, second]
    assert problem(api.get(MIIT, "/orders", state="lost")) == (422, "validation")


def test_a_provincial_administration_lifts_orders_of_its_province_only(api: Api, database: Database) -> None:
    here = "10629001947213"
    file(database, form(here, province="440000"))
    consume(database, *five(here))
    (order,) = orders(database)
    elsewhere = ordered(database)
    assert problem(api.post(GUANGDONG, f"{elsewhere}/lifting", {"reason": "x"}, seen=1)) == (404, "not-found")
    assert [each["number"] for each in api.get(GUANGDONG, "/orders").json()["items"]] == [here]
    assert api.post(GUANGDONG, f"/orders/{order.id}/lifting", {"reason": "x"}, seen=1).status_code == 200


# ------------------------------------------------------------------------------------------------------- enquiries


def test_a_carrier_that_claims_a_number_in_its_answer_is_ordered_to_shut_it(api: Api, database: Database) -> None:
    path = enquired(database)
    enquiry = api.get(CMCC, path)
    assert (enquiry.json()["state"], enquiry.json()["addressed_because"]) == ("sent", "plan")
    answered = api.post(CMCC, f"{path}/answer", {"answer": "mine-unfiled", "note": "a test code"}, seen=1)
    assert (answered.status_code, answered.json()["answer"]) == (200, "mine-unfiled")
    (order,) = api.get(CMCC, "/orders").json()["items"]
    assert (order["number"], order["ground"]) == (OF_CARRIERS_OWN, "unregistered")
    assert order["causes"] == [f"enquiry:{path.rpartition('/')[2]}"]


def test_an_answer_that_contradicts_the_register_is_a_conflict(api: Api, database: Database) -> None:
    path = enquired(database)
    assert problem(api.post(CMCC, f"{path}/answer", {"answer": "filed"}, seen=1)) == (409, "number-is-not-filed")
    file(database, form(OF_CARRIERS_OWN))
    unfiled = api.post(CMCC, f"{path}/answer", {"answer": "mine-unfiled"}, seen=1)
    assert problem(unfiled) == (409, "number-is-filed")
    assert api.post(CMCC, f"{path}/answer", {"answer": "filed"}, seen=1).status_code == 200
    again = api.post(CMCC, f"{path}/answer", {"answer": "filed"}, seen=2)
    assert problem(again) == (409, "enquiry-is-answered")


def test_an_enquiry_of_another_carrier_is_not_found(api: Api, database: Database) -> None:
    path = enquired(database)
    assert problem(api.get(CUCC, path)) == (404, "not-found")
    assert problem(api.post(CUCC, f"{path}/answer", {"answer": "not-mine"}, seen=1)) == (404, "not-found")
    assert problem(api.post(MIIT, f"{path}/answer", {"answer": "not-mine"}, seen=1)) == (403, "forbidden")
    assert api.get(CUCC, "/enquiries").json()["items"] == []
    assert len(api.get(MIIT, "/enquiries", state="sent", carrier="CMCC").json()["items"]) == 1


def test_a_number_that_no_carrier_claims_is_listed_for_staff(api: Api, database: Database) -> None:
    consume(database, unregistered("u1"), unregistered("u2"))
    assert api.get(MIIT, "/unclaimed-numbers").json()["items"] == []
    for row in enquiries(database):
        api.post(f"carrier:{row.carrier}", f"/enquiries/{row.id}/answer", {"answer": "not-mine"}, seen=1)
    (unclaimed,) = api.get(MIIT, "/unclaimed-numbers").json()["items"]
    assert (unclaimed["number"], unclaimed["not_mine"]) == (NUMBER, ["CBN", "CMCC", "CTCC", "CUCC"])
    assert unclaimed["silent"] == []
    file(database, form(NUMBER[:12], covers_extensions=True))
    assert api.get(MIIT, "/unclaimed-numbers").json()["items"] == []
    assert problem(api.get(CMCC, "/unclaimed-numbers")) == (403, "forbidden")


# ------------------------------------------------------------------------------------------------------- statistics


def test_the_figures_add_up(api: Api, database: Database) -> None:
    first, second = ordered(database), ordered(database, f"{NUMBER}1")
    api.post(CMCC, f"{first}/acknowledgement", seen=1)
    api.post(CMCC, f"{first}/execution", {"evidence": "x"}, seen=2)
    api.post(CMCC, f"{second}/refusal", {"code": "other"}, seen=1)
    enquired(database)
    figures = api.get(MIIT, "/statistics").json()
    assert figures["ports"] == {"declared": 1, "shut": 1}
    assert figures["filings"] == {"accepted": 2, "refused": 0, "refused_by_listing": 0}
    assert figures["evidence"]["complaints"] == figures["evidence"]["counting"] == 12
    assert figures["evidence"]["standings"]["declared"] == 10
    assert {name: figures["orders"][name] for name in ("ordered", "acknowledged", "executed", "refused")} == {
        "ordered": 2, "acknowledged": 1, "executed": 1, "refused": 1,
    }  # fmt: skip
    assert sum(figures["orders"]["states"].values()) == 2
    assert figures["enquiries"]["sent"] == figures["enquiries"]["states"]["sent"] == 1
    assert problem(api.get(CMCC, "/statistics")) == (403, "forbidden")


def test_every_route_requires_its_scope(api: Api, database: Database) -> None:
    path, enquiry = ordered(database), enquired(database)

    def without(scope: str) -> str:
        return SCOPES.replace(scope, "")

    assert problem(api.get(CMCC, path, scopes=without("orders:read"))) == (403, "forbidden")
    assert problem(api.get(CMCC, "/ports", scopes=without("ports:read"))) == (403, "forbidden")
    assert problem(api.get(CMCC, enquiry, scopes=without("enquiries:read"))) == (403, "forbidden")
    assert problem(api.post(CMCC, "/filings", FILING, scopes=without("ports:file"))) == (403, "forbidden")
    acknowledged = api.post(CMCC, f"{path}/acknowledgement", seen=1, scopes=without("orders:act"))
    assert problem(acknowledged) == (403, "forbidden")


def test_missed_deadlines_appear_in_the_list_of_overdue_orders(api: Api, database: Database) -> None:
    from services.ports.sweeps import OVERDUE_ORDERS

    path = ordered(database)
    with clock.shifted(hours(3)), database.begin() as tx:
        OVERDUE_ORDERS.run(tx, Slice(10))
    (overdue,) = api.get(MIIT, "/orders", overdue="true").json()["items"]
    assert f"/orders/{overdue['id']}" == path
