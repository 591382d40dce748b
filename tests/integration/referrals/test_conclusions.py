"""Conclusions of one clue, or of many in a file; missed, extended and late deadlines; annulments."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chassis import clock
from chassis.database import Database
from chassis.imports import import_sweep
from chassis.rules import use_packs
from chassis.sweeper import Slice
from services.referrals.imports import CONCLUSION_IMPORTS
from services.referrals.sweeps import OVERDUE_CLUES
from tests.integration.http.api import problem
from tests.integration.referrals.api import Api
from tests.integration.referrals.scenes import (
    MIIT,
    MOE,
    NOON,
    PROVIDER,
    SAMR,
    assessed,
    clues,
    consume,
    days,
    published,
    received_clue,
    rows,
    seal,
    sealed_batch,
)

FINE = {"code": "fined", "amount": 20_000, "enterprise": PROVIDER, "decision": "市监处罚〔2026〕0186号"}
OTHER_CLUE = "01890000-0000-7000-8000-000000000001"


def test_an_authority_concludes_what_it_has_received(api: Api, database: Database) -> None:
    clue = received_clue(api, database)
    answer = api.post(SAMR, f"{clue}/conclusion", FINE, seen=3, key="k")
    body = answer.json()
    assert (answer.status_code, body["state"], answer.headers["etag"]) == (200, "concluded", '"4"')
    assert body["conclusion"] == FINE | {"merged_into": None, "transferred_to": None, "note": None}
    assert api.post(SAMR, f"{clue}/conclusion", FINE, seen=3, key="k").json() == body
    assert problem(api.post(SAMR, f"{clue}/conclusion", FINE, seen=4)) == (409, "clue-state")
    (concluded,) = published(database, "clue-concluded.v1")
    assert (concluded["conclusion"]["amount"], concluded["conclusion"]["enterprise"]) == (20_000, PROVIDER)
    assert api.get(SAMR, clue).json() == body


def test_a_clue_can_be_concluded_before_its_receipt(api: Api, database: Database) -> None:
    sealed_batch(database)
    path = f"/clues/{clues(database)[0].id}/conclusion"
    assert api.post(SAMR, path, {"code": "warned"}, seen=2).json()["conclusion"]["code"] == "warned"


def test_a_credit_code_is_stored_in_standard_form(api: Api, database: Database) -> None:
    clue = received_clue(api, database)
    conclusion = {"code": "rectified", "enterprise": " 91630000-m0ckpc3d5q "}
    assert api.post(SAMR, f"{clue}/conclusion", conclusion, seen=3).json()["conclusion"]["enterprise"] == PROVIDER


CONTRADICTORY: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a fine without an amount": ({"code": "fined"}, ["/amount"]),
    "a fine of nothing": ({"code": "fined", "amount": 0}, ["/amount"]),
    "an amount without a fine": ({"code": "warned", "amount": 1}, ["/amount"]),
    "merged into nothing": ({"code": "merged"}, ["/merged_into"]),
    "a warning that is merged": ({"code": "warned", "merged_into": OTHER_CLUE}, ["/merged_into"]),
    "transferred without a body": ({"code": "transferred"}, ["/transferred_to"]),
    "a warning that is transferred": ({"code": "warned", "transferred_to": "MOE"}, ["/transferred_to"]),
    "not a credit code": ({"code": "warned", "enterprise": "无"}, ["/enterprise"]),
    "several errors": ({"code": "merged", "amount": 5, "enterprise": "x"}, ["/amount", "/merged_into", "/enterprise"]),
}


@pytest.mark.parametrize("what", CONTRADICTORY)
def test_a_conclusion_with_contradictory_fields_is_refused(api: Api, database: Database, what: str) -> None:
    clue = received_clue(api, database)
    conclusion, pointers = CONTRADICTORY[what]
    answer = api.post(SAMR, f"{clue}/conclusion", conclusion, seen=3)
    assert problem(answer) == (422, "validation")
    assert [each["pointer"] for each in answer.json()["errors"]] == pointers
    assert clues(database)[0].state == "received"


def test_a_merged_or_transferred_clue_names_its_target(api: Api, database: Database) -> None:
    clue = received_clue(api, database)
    itself = {"code": "merged", "merged_into": clue.rpartition("/")[2]}
    assert problem(api.post(SAMR, f"{clue}/conclusion", itself, seen=3)) == (422, "validation")
    transferred = {"code": "transferred", "transferred_to": "某市市场监督管理局"}
    answer = api.post(SAMR, f"{clue}/conclusion", transferred, seen=3).json()
    assert answer["conclusion"]["transferred_to"] == "某市市场监督管理局"


def test_a_conclusion_is_annulled_once_and_the_act_is_audited(api: Api, database: Database) -> None:
    clue = received_clue(api, database)
    assert problem(api.post(SAMR, f"{clue}/annulment", {"reason": "x"}, seen=3)) == (409, "clue-state")
    api.post(SAMR, f"{clue}/conclusion", FINE, seen=3)
    assert problem(api.post(MIIT, f"{clue}/annulment", {"reason": "x"}, seen=4)) == (409, "clue-state")
    answer = api.post(SAMR, f"{clue}/annulment", {"reason": "the court annulled it"}, seen=4)
    assert (answer.json()["state"], answer.json()["annulment_reason"]) == ("concluded", "the court annulled it")
    assert problem(api.post(SAMR, f"{clue}/annulment", {"reason": "x"}, seen=5)) == (409, "clue-state")
    (annulled,) = published(database, "conclusion-annulled.v1")
    assert annulled["annulled_at"] is not None
    assert annulled["conclusion"]["amount"] == 20_000
    assert [row.act for row in rows(database, "SELECT act FROM audit_log")] == ["conclusion-annulled"]


@pytest.mark.parametrize("industry", ["unknown", "telecom"])
def test_staff_conclude_clues_without_another_competent_authority(api: Api, database: Database, industry: str) -> None:
    consume(database, assessed("a", industry=industry), assessed("b", industry=industry))
    clue = f"/clues/{clues(database)[0].id}"
    answer = api.post(MIIT, f"{clue}/conclusion", {"code": "interviewed", "note": "promised to stop"}, seen=1)
    assert (answer.json()["state"], answer.json()["counts"]["complaints"]) == ("concluded", 2)
    assert published(database, "clue-concluded.v1")[0]["counts"]["complaints"] == 2
    assert api.post(MIIT, f"{clue}/annulment", {"reason": "it was another"}, seen=2).status_code == 200
    consume(database, assessed("c", industry=industry))
    assert [(row.sequence, row.state, row.complaints) for row in clues(database)] == [
        (1, "concluded", 2), (2, "open", None),
    ]  # fmt: skip
    acts = [row.act for row in rows(database, "SELECT act FROM audit_log ORDER BY id")]
    assert acts == ["clue-concluded", "conclusion-annulled"]


def test_staff_cannot_conclude_the_clue_of_an_authority(api: Api, database: Database) -> None:
    consume(database, assessed("a"))
    path = f"/clues/{clues(database)[0].id}/conclusion"
    assert problem(api.post(MIIT, path, {"code": "warned"}, seen=1)) == (409, "clue-state")
    seal(database)
    assert problem(api.post(MIIT, path, {"code": "warned"}, seen=2)) == (409, "clue-state")


# ------------------------------------------------------------------------------------------------------------ in a file


def upload(api: Api, database: Database, org: str, *lines: dict[str, Any] | bytes) -> tuple[dict[str, Any], list[Any]]:
    """Send a file and apply it: the import, and its errors by line and code."""
    content = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    sent = api.upload(org, "/conclusion-imports", content)
    assert sent.status_code == 202, sent.text
    done = 1
    while done:
        with database.begin() as tx:
            done = import_sweep(CONCLUSION_IMPORTS).run(tx, Slice(1))
    path = sent.headers["location"]
    errors = api.get(org, f"{path}/errors").json()["items"]
    return api.get(org, path).json(), [(each["line"], each["code"]) for each in errors]


def test_a_file_of_conclusions_is_applied_line_by_line_and_bad_lines_are_reported(api: Api, database: Database) -> None:
    consume(database, *(assessed(f"{n}", provider=None, signature=f"签名{n}") for n in range(4)))
    consume(database, assessed("school", industry="education"), assessed("unsealed later", industry="games"))
    seal(database)
    ids = {row.subject_value: str(row.id) for row in clues(database)}
    api.post(SAMR, f"/clues/{ids['签名3']}/return", {"reason": "other-region"}, seen=2)
    school = next(str(row.id) for row in clues(database) if row.industry == "education")
    done, errors = upload(
        api,
        database,
        SAMR,
        {"clue": ids["签名0"], **FINE},
        {"clue": ids["签名1"], "code": "warned"},
        {"clue": ids["签名1"], "code": "warned"},
        {"clue": ids["签名1"], "code": "rectified"},
        {"clue": ids["签名2"], "code": "fined"},
        {"clue": ids["签名3"], "code": "warned"},
        {"clue": school, "code": "warned"},
        {"clue": OTHER_CLUE, "code": "warned"},
        {"clue": ids["签名2"], "code": "forgiven"},
        b"not json",
    )
    assert (done["state"], done["accepted"], done["duplicates"], done["rejected"]) == ("finished", 2, 1, 7)
    assert errors == [
        (4, "clue-state"), (5, "incoherent"), (6, "clue-state"), (7, "not-seen"), (8, "not-seen"), (9, "invalid"),
        (10, "malformed"),
    ]  # fmt: skip
    concluded = {row.subject_value: row.conclusion_code for row in clues(database) if row.state == "concluded"}
    assert concluded == {"签名0": "fined", "签名1": "warned"}
    assert len(published(database, "clue-concluded.v1")) == 2
    again, _ = upload(api, database, SAMR, {"clue": ids["签名0"], **FINE}, {"clue": ids["签名1"], "code": "warned"})
    assert (again["accepted"], again["duplicates"]) == (0, 2)


def test_the_error_of_a_conclusion_that_does_not_fit_names_the_field_and_the_value(
    api: Api, database: Database
) -> None:
    consume(database, assessed("own", industry="telecom"))
    clue = str(clues(database)[0].id)
    sent = api.upload(MIIT, "/conclusion-imports", json.dumps({"clue": clue, "code": "warned", "amount": 5}).encode())
    done = 1
    while done:
        with database.begin() as tx:
            done = import_sweep(CONCLUSION_IMPORTS).run(tx, Slice(1))
    (error,) = api.get(MIIT, f"{sent.headers['location']}/errors").json()["items"]
    assert (error["code"], error["column"], error["value"]) == ("incoherent", "amount", "5")
    assert error["detail"] == "field `amount`: only a fine has an amount"


def test_staff_conclude_clues_without_another_competent_authority_by_a_file(api: Api, database: Database) -> None:
    consume(database, assessed("a", industry="telecom"), assessed("b"))
    own, foreign = [str(row.id) for row in clues(database)][::-1]
    done, errors = upload(api, database, MIIT, {"clue": own, "code": "warned"}, {"clue": foreign, "code": "warned"})
    assert (done["accepted"], errors) == (1, [(2, "clue-state")])
    assert [row.act for row in rows(database, "SELECT act FROM audit_log")] == ["clues-concluded"]


def test_files_of_an_authority_are_visible_to_it_and_to_national_staff_only(api: Api, database: Database) -> None:
    done, _ = upload(api, database, SAMR, {"clue": OTHER_CLUE, "code": "warned"})
    assert problem(api.get(MOE, f"/conclusion-imports/{done['id']}")) == (404, "not-found")
    assert api.get(MIIT, f"/conclusion-imports/{done['id']}").json()["rejected"] == 1


# ------------------------------------------------------------------------------------------------------------ deadlines


def overdue(database: Database) -> int:
    with database.begin() as tx:
        return OVERDUE_CLUES.run(tx, Slice(100))


def test_a_missed_deadline_is_marked_once_and_a_late_conclusion_is_accepted(api: Api, database: Database) -> None:
    with clock.frozen(NOON):
        clue = received_clue(api, database)
        assert api.get(SAMR, clue).json()["conclude_by"] == "2026-07-10T12:34:56Z"
    with clock.frozen(NOON + days(30)):
        assert overdue(database) == 0
    with clock.frozen(NOON + days(30.001)):
        assert overdue(database) == 1
        assert overdue(database) == 0
        assert problem(api.post(SAMR, f"{clue}/extension", {"reason": "x"}, seen=4)) == (409, "extension-refused")
        (listed,) = api.get(SAMR, "/clues", overdue=True).json()["items"]
        assert listed["overdue_since"] == "2026-07-10T12:34:56Z"
        assert api.post(SAMR, f"{clue}/conclusion", {"code": "warned"}, seen=4).status_code == 200
    (late,) = published(database, "clue-overdue.v1")
    assert late["overdue_since"] == late["conclude_by"] == "2026-07-10T12:34:56Z"


def test_a_deadline_is_extended_once_and_before_it_passes(api: Api, database: Database) -> None:
    with clock.frozen(NOON):
        clue = received_clue(api, database)
        answer = api.post(SAMR, f"{clue}/extension", {"reason": "the sender is abroad"}, seen=3)
        assert (answer.json()["conclude_by"], answer.json()["version"]) == ("2026-08-09T12:34:56Z", 4)
        assert problem(api.post(SAMR, f"{clue}/extension", {"reason": "x"}, seen=4)) == (409, "extension-refused")
    with clock.frozen(NOON + days(59)):
        assert overdue(database) == 0
    with clock.frozen(NOON + days(61)):
        assert overdue(database) == 1
    (extended,) = published(database, "clue-extended.v1")
    assert extended["extended_at"] == "2026-06-10T12:34:56Z"
    assert published(database, "clue-overdue.v1")[0]["overdue_since"] == "2026-08-09T12:34:56Z"


def test_a_clue_that_is_handed_over_again_has_a_new_deadline(api: Api, database: Database) -> None:
    with clock.frozen(NOON):
        clue = received_clue(api, database)
    with clock.frozen(NOON + days(40)):
        assert overdue(database) == 1
        api.post(SAMR, f"{clue}/return", {"reason": "not-competent"}, seen=4)
        api.post(MIIT, f"{clue}/routing", {"authority": "MOE", "reason": "courses"}, seen=5)
        assert overdue(database) == 0
        seal(database)
        body = api.get(MOE, clue).json()
        assert (body["overdue_since"], body["conclude_by"]) == (None, "2026-08-19T12:34:56Z")
        assert api.post(MOE, f"{clue}/extension", {"reason": "x"}, seen=7).status_code == 200
    with clock.frozen(NOON + days(101)):
        assert overdue(database) == 1
    assert [each["authority"] for each in published(database, "clue-overdue.v1")] == ["SAMR", "MOE"]


def test_in_the_demo_deadlines_pass_in_seconds(api: Api, database: Database) -> None:
    use_packs("CN-2015,CN-2026,demo")
    with clock.frozen(NOON):
        clue = received_clue(api, database)
        assert api.get(SAMR, clue).json()["conclude_by"] == "2026-06-10T12:35:08Z"
        assert api.post(SAMR, f"{clue}/extension", {"reason": "x"}, seen=3).json()["conclude_by"] == (
            "2026-06-10T12:35:16Z"
        )
