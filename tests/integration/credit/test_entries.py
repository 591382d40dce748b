"""An entry over the API: proposed, contested, decided by a second person, repaired, withdrawn, expired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chassis import clock, rules
from chassis.database import Database
from chassis.sweeper import Slice
from sandbox.scenario.cast import credit_code
from services.credit.sweeps import EXPIRED_LISTINGS
from tests.integration.credit.api import CMCC, CONFIRM, MIIT, PROPOSAL, REJECT, Api, confirmed, proposed
from tests.integration.credit.scenes import (
    HOLDER,
    NUMBER,
    SHOP,
    WEEK,
    consume,
    days,
    declared,
    entries,
    executed,
    fined,
    gaps,
    lifted,
    listed,
    named,
    project,
    published,
    published_data,
    rows,
)
from tests.integration.http.api import problem


def audited(database: Database) -> list[tuple[str, str]]:
    return [(row.act, row.subject) for row in rows(database, "SELECT act, subject FROM audit_log ORDER BY id")]


def restrictions(api: Api, code: str = SHOP) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(CMCC, f"/standings/{code}").json()["restrictions"]
    return found


# ---------------------------------------------------------------------------------------------------------- proposing


def test_staff_propose_an_enterprise_and_read_the_proposal(api: Api, database: Database) -> None:
    answer = api.post(MIIT, "/entries", PROPOSAL | {"causes": [f"clue:{named('c')}", f"clue:{named('c')}"]})
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    entry = api.get(MIIT, answer.headers["location"])
    assert entry.json() == answer.json()
    body = entry.json()
    assert (body["ground"], body["state"], body["proposed_by"], body["proposer"]) == (
        "by-hand", "proposed", "staff", "li",
    )  # fmt: skip
    assert (body["causes"], body["province"]) == ([f"clue:{named('c')}"], "440000")
    assert audited(database) == [("listing-proposed", "li")]
    (fact,) = published_data(database, "listing-proposed.v1")
    assert (fact["proposed_by"], "proposer" in fact) == ("staff", False)
    assert "li" not in fact.values()


def test_the_name_is_the_given_one_else_the_one_in_the_register(api: Api, database: Database) -> None:
    project(database, declared(NUMBER, (SHOP, "虚构优选商贸公司", "示例信息公司", clock.now())))
    assert api.get(MIIT, proposed(api)).json()["name"] == "虚构优选商贸公司"
    assert api.get(MIIT, proposed(api, name="虚构优选")).json()["name"] == "虚构优选"


def test_a_code_is_normalised(api: Api) -> None:
    path = proposed(api, code=f" {SHOP[:8]}-{SHOP[8:].lower()} ")
    assert api.get(MIIT, path).json()["code"] == SHOP
    assert len(api.get(MIIT, "/entries", code=SHOP.lower()).json()["items"]) == 1
    assert problem(api.get(MIIT, "/entries", code="x")) == (422, "validation")


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("code", SHOP[:-1] + ("0" if SHOP[-1] != "0" else "1"), "/code"),
        ("code", "无", "/code"),
        ("list", "grey", "/list"),
        ("tier", "mild", "/tier"),
        ("facts", [], "/facts"),
        ("facts", [""], "/facts/0"),
        ("facts", ["x" * 501], "/facts/0"),
        ("article", "", "/article"),
        ("causes", ["complaint:019e1640-c780-7000-8000-000000000501"], "/causes/0"),
        ("causes", ["clue:1"], "/causes/0"),
        ("name", "", "/name"),
        ("colour", "red", "/colour"),
    ],
)
def test_a_validation_error_points_to_the_field(
    api: Api, database: Database, field: str, value: Any, pointer: str
) -> None:
    answer = api.post(MIIT, "/entries", PROPOSAL | {field: value})
    assert problem(answer) == (422, "validation")
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert entries(database) == []


def test_an_order_that_was_lifted_or_caused_by_a_listing_cannot_be_a_ground(api: Api, database: Database) -> None:
    consume(database, executed("by listing", ground="listing"), executed("o"), executed("good"), lifted("o"))
    for name in ("by listing", "o"):
        answer = api.post(MIIT, "/entries", PROPOSAL | {"causes": [f"order:{named(name)}"]})
        assert problem(answer) == (409, "cause-is-no-ground")
    proposed(api, causes=[f"order:{named('good')}", f"order:{named('unknown')}"])


def test_a_repeated_request_receives_the_first_response(api: Api, database: Database) -> None:
    first = api.post(MIIT, "/entries", PROPOSAL, key="once")
    again = api.post(MIIT, "/entries", PROPOSAL, key="once")
    assert (again.json(), again.headers["etag"]) == (first.json(), first.headers["etag"])
    assert len(entries(database)) == 1
    path = first.headers["location"]
    objected = [api.post(MIIT, f"{path}/objection", {"statement": "no"}, seen=1, key="k") for _ in range(2)]
    assert [each.status_code for each in objected] == [200, 200]
    assert published(database, "listing-contested.v1") == 1


# ----------------------------------------------------------------------------------------------------------- contesting


def test_the_enterprise_may_contest_only_within_the_contest_period(api: Api, database: Database) -> None:
    early, late = proposed(api), proposed(api, list="dishonest")
    with clock.shifted(WEEK - timedelta(minutes=1)):
        contested = api.post(MIIT, f"{early}/objection", {"statement": "the messages were asked for"}, seen=1)
    assert (contested.status_code, contested.json()["state"]) == (200, "contested")
    assert contested.json()["objection"] == "the messages were asked for"
    with clock.shifted(WEEK):
        answer = api.post(MIIT, f"{late}/objection", {"statement": "too late"}, seen=1)
    assert problem(answer) == (409, "contest-period-over")
    assert audited(database)[-1] == ("listing-contested", "li")
    assert "statement" not in str(published_data(database, "listing-contested.v1")[0])


def test_a_proposal_is_contested_once(api: Api) -> None:
    path = proposed(api)
    api.post(MIIT, f"{path}/objection", {"statement": "no"}, seen=1)
    assert problem(api.post(MIIT, f"{path}/objection", {"statement": "no!"}, seen=2)) == (409, "entry-state")


# ------------------------------------------------------------------------------------------------------------ deciding


def test_a_proposal_is_confirmed_within_the_contest_period_only_if_the_enterprise_waives_it(api: Api) -> None:
    path = proposed(api)
    assert problem(api.post(MIIT, f"{path}/decision", CONFIRM, by="wang", seen=1)) == (409, "contest-period-runs")
    with clock.shifted(WEEK - timedelta(minutes=1)):
        answer = api.post(MIIT, f"{path}/decision", CONFIRM, by="wang", seen=1)
        assert problem(answer) == (409, "contest-period-runs")
    contested = proposed(api, code=HOLDER)
    api.post(MIIT, f"{contested}/objection", {"statement": "no"}, seen=1)
    answer = api.post(MIIT, f"{contested}/decision", CONFIRM, by="wang", seen=2)
    assert problem(answer) == (409, "contest-period-runs")
    waived = api.post(MIIT, f"{path}/objection", {"statement": "no", "waives_term": True}, seen=1)
    assert waived.json()["waived_at"] is not None
    assert api.post(MIIT, f"{path}/decision", CONFIRM, by="wang", seen=2).json()["state"] == "effective"


def test_a_confirmed_entry_has_its_period_and_its_effects(api: Api, database: Database) -> None:
    path = confirmed(api)
    body = api.get(MIIT, path).json()
    assert (body["state"], body["decided_by"], body["version"]) == ("effective", "wang", 2)
    assert (body["published"], body["new_resources"], body["existing"]) == (True, "refuse", "propose")
    assert [rule["rule"] for rule in body["rules"]] == ["listing.notice", "tier.general"]
    (row,) = entries(database)
    assert (row.until - row.effective_at, row.repairable_from - row.effective_at) == (days(365), days(90))
    (fact,) = published_data(database, "standing-changed.v1")
    (restriction,) = fact["restrictions"]
    assert (fact["code"], restriction["entry"], restriction["reason"]) == (SHOP, body["id"], "listed-adverse-general")
    assert audited(database) == [("listing-proposed", "li"), ("listing-confirmed", "wang")]
    assert "wang" not in str(published_data(database, "listing-effective.v1"))


def test_a_proposal_may_be_rejected_at_once(api: Api, database: Database) -> None:
    path = proposed(api)
    answer = api.post(MIIT, f"{path}/decision", REJECT, by="wang", seen=1)
    assert (answer.json()["state"], answer.json()["withdrawal"]) == ("withdrawn", "rejected")
    assert published(database, "standing-changed.v1") == 0
    assert problem(api.post(MIIT, f"{path}/decision", REJECT, by="wang", seen=2)) == (409, "entry-state")


@pytest.mark.parametrize("decision", [CONFIRM, REJECT])
def test_the_proposer_cannot_decide(api: Api, database: Database, decision: dict[str, str]) -> None:
    path = proposed(api)
    with clock.shifted(days(8)):
        assert problem(api.post(MIIT, f"{path}/decision", decision, seen=1)) == (403, "four-eyes")
    assert [row.state for row in entries(database)] == ["proposed"]


def test_any_staff_member_can_decide_a_proposal_of_the_rules(api: Api, database: Database) -> None:
    consume(database, fined())
    path = f"/entries/{entries(database)[0].id}"
    with clock.shifted(days(8)):
        assert api.post(MIIT, f"{path}/decision", CONFIRM, seen=1).json()["state"] == "effective"


def test_a_decision_requires_the_version_that_was_read(api: Api) -> None:
    path = proposed(api)
    assert problem(api.post(MIIT, f"{path}/decision", REJECT, by="wang")) == (428, "precondition-required")
    assert problem(api.post(MIIT, f"{path}/decision", REJECT, by="wang", seen=7)) == (412, "precondition-failed")


# ----------------------------------------------------------------------------------------------- repair and withdrawal


def test_a_listing_is_repaired_after_its_minimum_time_and_its_restriction_ends_at_once(
    api: Api, database: Database
) -> None:
    path = confirmed(api)
    with clock.shifted(days(97)):
        answer = api.post(MIIT, f"{path}/repair", {"statement": "all put right"}, seen=2)
        assert problem(answer) == (409, "repair-too-early")
        assert restrictions(api) != []
    with clock.shifted(days(99)):
        answer = api.post(MIIT, f"{path}/repair", {"statement": "all put right"}, seen=2)
        assert (answer.json()["state"], answer.json()["repair_statement"]) == ("repaired", "all put right")
        assert restrictions(api) == []
        assert api.get(MIIT, "/listed").json()["items"] == []
    assert [len(each["restrictions"]) for each in published_data(database, "standing-changed.v1")] == [1, 0]
    assert "put right" not in str(published_data(database, "listing-repaired.v1"))
    assert audited(database)[-1] == ("listing-repaired", "li")
    assert gaps(database) == []


def test_a_minor_listing_is_repaired_at_once_and_refuses_nothing(api: Api) -> None:
    path = confirmed(api, tier="minor")
    with clock.shifted(days(8.1)):
        (only,) = restrictions(api)
        assert (only["new_resources"], only["existing"]) == ("allow", "none")
        standing = api.get(CMCC, f"/standings/{SHOP}").json()
        assert (standing["listed"], standing["refused"]) == (True, False)
        assert api.post(MIIT, f"{path}/repair", {"statement": "done"}, seen=2).json()["state"] == "repaired"


def test_staff_withdraw_a_listing_and_its_restrictions_end(api: Api, database: Database) -> None:
    path = confirmed(api)
    body = {"reason": "mistake", "note": "the wrong enterprise"}
    with clock.shifted(days(8.1)):
        answer = api.post(MIIT, f"{path}/withdrawal", body, seen=2)
        assert (answer.json()["state"], answer.json()["withdrawal"]) == ("withdrawn", "mistake")
        assert restrictions(api) == []
    assert audited(database)[-1] == ("listing-withdrawn", "li")
    assert published_data(database, "listing-withdrawn.v1")[0]["withdrawal"] == "mistake"


def test_the_proposer_may_withdraw_the_proposal(api: Api) -> None:
    body = {"reason": "decision-annulled", "note": "informed by letter"}
    assert api.post(MIIT, f"{proposed(api)}/withdrawal", body, seen=1).json()["withdrawal"] == "decision-annulled"


@pytest.mark.parametrize("reason", ["rejected", "ground-fell", "other"])
def test_staff_cannot_withdraw_for_the_reasons_of_the_rules(api: Api, reason: str) -> None:
    answer = api.post(MIIT, f"{proposed(api)}/withdrawal", {"reason": reason, "note": "x"}, seen=1)
    assert problem(answer) == (422, "validation")


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("objection", {"statement": "no"}),
        ("decision", CONFIRM),
        ("decision", REJECT),
        ("repair", {"statement": "done"}),
        ("withdrawal", {"reason": "mistake", "note": "x"}),
        ("withdrawal-review", {"outcome": "confirmed", "reason": "x"}),
    ],
)
def test_an_ended_entry_takes_no_further_step(api: Api, database: Database, act: str, body: dict[str, str]) -> None:
    path = proposed(api)
    api.post(MIIT, f"{path}/decision", REJECT, by="wang", seen=1)
    before = rows(database, "SELECT count(*) FROM outbox")
    assert problem(api.post(MIIT, f"{path}/{act}", body, by="wang", seen=2)) == (409, "entry-state")
    assert rows(database, "SELECT count(*) FROM outbox") == before


def test_the_demo_pack_has_periods_of_seconds(api: Api) -> None:
    rules.use_packs("CN-2015,CN-2026,demo")
    path = proposed(api)
    with clock.shifted(timedelta(seconds=3)):
        assert api.post(MIIT, f"{path}/decision", CONFIRM, by="wang", seen=1).status_code == 200
        assert problem(api.post(MIIT, f"{path}/repair", {"statement": "x"}, seen=2)) == (409, "repair-too-early")
    with clock.shifted(timedelta(seconds=9)):
        assert api.post(MIIT, f"{path}/repair", {"statement": "x"}, seen=2).json()["state"] == "repaired"


# -------------------------------------------------------------------------------------------------------------- expiry


def expire(database: Database, after: timedelta, limit: int = 500) -> int:
    with clock.shifted(after), database.begin() as tx:
        return EXPIRED_LISTINGS.run(tx, Slice(limit))


def test_a_listing_expires_only_when_its_period_is_over(api: Api, database: Database) -> None:
    path = confirmed(api)
    assert expire(database, days(372)) == 0
    assert expire(database, days(374)) == 1
    assert expire(database, days(374)) == 0
    body = api.get(MIIT, path).json()
    assert (body["state"], body["version"]) == ("expired", 3)
    assert restrictions(api) == []
    assert [len(each["restrictions"]) for each in published_data(database, "standing-changed.v1")] == [1, 0]
    assert published(database, "listing-expired.v1") == 1


def test_a_listing_whose_period_is_over_restricts_nothing_even_before_the_sweep_has_run(api: Api) -> None:
    confirmed(api)
    with clock.shifted(days(374)):
        assert restrictions(api) == []
        assert api.get(CMCC, f"/standings/{SHOP}").json()["listed"] is False
        checked = api.post(CMCC, "/standings/checks", {"codes": [SHOP]}).json()["results"]
        assert (checked[0]["listed"], checked[0]["until"]) == (False, None)
        assert api.get(MIIT, "/listed").json()["items"] == []


def test_many_listings_expire_in_slices(database: Database) -> None:
    for number in range(7):
        listed(database, credit_code("440300", 100 + number))
    done = [expire(database, days(400), limit=3) for _ in range(4)]
    assert done == [3, 3, 1, 0]
    assert published(database, "standing-changed.v1") == 14


# ------------------------------------------------------------------------------------------------------ several entries


def test_the_end_of_one_listing_leaves_the_other_listing_of_the_enterprise(api: Api, database: Database) -> None:
    first, second = confirmed(api), confirmed(api, list="dishonest", tier="serious")
    assert sorted(each["reason"] for each in restrictions(api)) == [
        "listed-adverse-general",
        "listed-dishonest-serious",
    ]
    with clock.shifted(days(99)):
        assert api.post(MIIT, f"{first}/repair", {"statement": "done"}, seen=2).status_code == 200
    (left,) = restrictions(api)
    assert left["entry"] == second.rpartition("/")[2]
    facts = published_data(database, "standing-changed.v1")
    assert [len(each["restrictions"]) for each in facts] == [1, 2, 1]
    versions = rows(database, "SELECT version FROM outbox WHERE type = 'standing-changed.v1' ORDER BY position")
    assert [row.version for row in versions] == [1, 2, 3]
    assert {
        row.aggregateid for row in rows(database, "SELECT aggregateid FROM outbox WHERE aggregatetype='standing'")
    } == {SHOP}


def test_an_act_that_changes_no_restriction_publishes_no_standing(api: Api, database: Database) -> None:
    confirmed(api)
    other = proposed(api, list="dishonest")
    api.post(MIIT, f"{other}/objection", {"statement": "no"}, seen=1)
    api.post(MIIT, f"{other}/decision", REJECT, by="wang", seen=2)
    assert published(database, "standing-changed.v1") == 1
