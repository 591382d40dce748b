"""Authorities fetch what was sealed for them, say that they have it, and return what is not theirs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chassis import clock
from chassis.database import Database
from services.referrals.commands.sealing import seal_crimes
from tests.integration.http.api import problem
from tests.integration.referrals.api import Api
from tests.integration.referrals.scenes import (
    MIIT,
    MOE,
    MPS,
    NOON,
    SAMR,
    assessed,
    batches,
    clues,
    crime,
    days,
    hear,
    lines_of,
    published,
    received_clue,
    rows,
    seal,
    sealed_batch,
    sha256,
    sweep,
    withdrawn,
)


def versions(database: Database) -> list[list[int]]:
    """The versions of each aggregate in the outbox, in the order of their positions."""
    found = rows(
        database,
        "SELECT array_agg(version ORDER BY position) AS versions FROM outbox GROUP BY aggregatetype, aggregateid",
    )
    return [row.versions for row in found]


def test_an_authority_lists_its_batches_fetches_one_and_checks_every_digest(api: Api, database: Database) -> None:
    hear(database, *(assessed(f"{n}", provider=None, signature=f"签名{n}") for n in range(4)))
    sealed_batch(database, "MOE")
    (listed,) = api.get(SAMR, "/batches", state="sealed").json()["items"]
    answer = api.get(SAMR, f"/batches/{listed['id']}/content")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    manifest, documents = lines_of(answer.content)
    assert sha256(manifest) == listed["digest"]
    told = json.loads(manifest)
    assert [sha256(each) for each in documents] == [each["digest"] for each in told["clues"]]
    assert [json.loads(each)["clue"] for each in documents] == [each["clue"] for each in told["clues"]]
    assert len(documents) == listed["clues"] == 4
    one = api.get(SAMR, f"/batches/{listed['id']}")
    assert (one.json(), one.headers["etag"]) == (listed, '"1"')


def test_a_receipt_receives_the_batch_and_its_clues(api: Api, database: Database) -> None:
    batch = sealed_batch(database)
    path = f"/batches/{batch.id}/receipt"
    answer = api.post(SAMR, path, {"digest": batch.digest}, key="k")
    assert (answer.status_code, answer.json()["state"], answer.headers["etag"]) == (200, "received", '"2"')
    assert api.post(SAMR, path, {"digest": batch.digest}, key="k").json() == answer.json()
    assert problem(api.post(SAMR, path, {"digest": batch.digest})) == (409, "batch-is-received")
    assert problem(api.post(SAMR, path, {"digest": "0" * 64})) == (409, "batch-is-received")
    (clue,) = clues(database)
    assert (clue.state, clue.version) == ("received", 3)
    assert clue.received_at == batches(database)[0].received_at
    assert [len(published(database, kind)) for kind in ("batch-received.v1", "clue-received.v1")] == [1, 1]
    assert [each["state"] for each in api.get(SAMR, "/batches", state="received").json()["items"]] == ["received"]
    assert sorted(versions(database)) == [[1, 2], [1, 2, 3]]


def test_who_quotes_another_digest_has_not_received_it(api: Api, database: Database) -> None:
    batch = sealed_batch(database)
    wrong = sha256(batch.manifest + b"\n")
    assert problem(api.post(SAMR, f"/batches/{batch.id}/receipt", {"digest": wrong})) == (422, "digest-differs")
    assert problem(api.post(SAMR, f"/batches/{batch.id}/receipt", {"digest": "?"})) == (422, "validation")
    assert (batches(database)[0].state, clues(database)[0].state) == ("sealed", "referred")


def test_a_clue_that_was_returned_before_the_receipt_is_not_received_with_its_batch(
    api: Api, database: Database
) -> None:
    hear(database, assessed("other", provider=None))
    batch = sealed_batch(database)
    (clue, *_) = clues(database)
    assert api.post(SAMR, f"/clues/{clue.id}/return", {"reason": "other-region"}, seen=2).status_code == 200
    assert api.post(SAMR, f"/batches/{batch.id}/receipt", {"digest": batch.digest}).status_code == 200
    assert sorted(row.state for row in clues(database)) == ["received", "returned"]


def test_an_authority_sees_a_clue_once_it_is_handed_over(api: Api, database: Database) -> None:
    with clock.frozen(NOON):
        hear(database, assessed("a"), assessed("b"))
        (clue,) = clues(database)
        assert problem(api.get(SAMR, f"/clues/{clue.id}")) == (404, "not-found")
        assert api.get(SAMR, "/clues").json()["items"] == []
        seal(database)
        answer = api.get(SAMR, f"/clues/{clue.id}")
    told = answer.json()
    assert answer.headers["etag"] == '"2"'
    assert (told["state"], told["counts"]["complaints"], told["carriers"]) == ("referred", 2, ["CMCC"])
    assert (told["causes"], told["opened_at"]) == ([], "2026-06-10T12:00:00Z")
    assert told["referred_at"] == "2026-06-10T12:34:56Z"
    assert api.get(MIIT, f"/clues/{clue.id}").json()["causes"] == [clue.cause]
    assert api.get(MIIT, f"/clues/{clue.id}").json()["opened_at"] == "2026-06-10T12:34:56Z"


def test_which_complaints_a_clue_stands_on_is_for_staff(api: Api, database: Database) -> None:
    batch = sealed_batch(database, "SAMR", "a", "b", "c")
    (clue,) = clues(database)
    first = api.get(MIIT, f"/clues/{clue.id}/complaints", page_size=2).json()
    rest = api.get(MIIT, f"/clues/{clue.id}/complaints", page_size=2, page_token=first["next_page_token"]).json()
    told = [*first["items"], *rest["items"]]
    expected = rows(database, "SELECT complaint_id AS id FROM evidence ORDER BY complaint_id")
    assert told == [{"id": str(row.id), "version": 2} for row in expected]
    assert problem(api.get(SAMR, f"/clues/{clue.id}/complaints")) == (403, "forbidden")
    complaint = told[0]["id"]
    assert problem(api.get(SAMR, "/clues", complaint=complaint)) == (403, "forbidden")
    assert [each["id"] for each in api.get(MIIT, "/clues", complaint=complaint).json()["items"]] == [str(clue.id)]
    assert batch.clues == 1


# ------------------------------------------------------------------------------------- returned, routed, sealed anew


def test_a_returned_clue_is_routed_and_sealed_anew_for_the_other_authority(api: Api, database: Database) -> None:
    clue = received_clue(api, database)
    returned = {"reason": "not-competent", "note": "a school's courses", "suggested": "MOE"}
    answer = api.post(SAMR, f"{clue}/return", returned, seen=3)
    assert (answer.status_code, answer.json()["state"], answer.json()["suggested"]) == (200, "returned", "MOE")
    hear(database, assessed("while it is returned"))
    routed = api.post(MIIT, f"{clue}/routing", {"authority": "MOE", "reason": "courses"}, seen=4)
    assert (routed.json()["state"], routed.json()["authority"]) == ("routed", "MOE")
    for nobody_yet in (SAMR, MOE):
        assert problem(api.get(nobody_yet, clue)) == (404, "not-found")
    with clock.shifted(days(1)):
        seal(database)
    told = api.get(MOE, clue).json()
    assert (told["state"], told["authority"], told["version"]) == ("referred", "MOE", 6)
    assert (told["received_at"], told["return_reason"], told["counts"]["complaints"]) == (None, "not-competent", 3)
    assert problem(api.get(SAMR, clue)) == (404, "not-found")
    (first,) = api.get(SAMR, "/batches").json()["items"][:1]
    (second,) = api.get(MOE, "/batches").json()["items"]
    assert second["id"] == told["batch"] != first["id"]
    for authority, batch in (("SAMR", first), ("MOE", second)):
        _, (document,) = lines_of(api.get(f"authority:{authority}", f"/batches/{batch['id']}/content").content)
        said = json.loads(document)
        assert (said["clue"], said["authority"]) == (told["id"], authority)
    assert [row.act for row in rows(database, "SELECT act FROM audit_log ORDER BY id")] == ["clue-routed"]
    states = [each["state"] for each in published(database, "clue-routed.v1")]
    assert states == ["routed"]
    assert max(versions(database)) == [1, 2, 3, 4, 5, 6]


def test_samples_that_only_the_police_may_have_do_not_go_on_to_another_authority(api: Api, database: Database) -> None:
    hear(database, crime("a", excerpt="中奖请回电"))
    with database.begin() as tx:
        seal_crimes(tx, 10)
    (row,) = clues(database)
    clue = f"/clues/{row.id}"
    assert api.post(MPS, f"{clue}/return", {"reason": "not-competent"}, seen=2).status_code == 200
    assert api.post(MIIT, f"{clue}/routing", {"authority": "SAMR", "reason": "no crime"}, seen=3).status_code == 200
    seal(database)
    contents = [
        api.get(f"authority:{each.authority}", f"/batches/{each.id}/content").text for each in batches(database)
    ]
    assert ["中奖请回电" in each for each in contents] == [True, False]


def test_a_routed_clue_that_every_complaint_has_left_is_not_sealed_and_staff_conclude_it(
    api: Api, database: Database
) -> None:
    clue = received_clue(api, database)
    api.post(SAMR, f"{clue}/return", {"reason": "subject-unknown"}, seen=3)
    api.post(MIIT, f"{clue}/routing", {"authority": "MOE", "reason": "perhaps"}, seen=4)
    hear(database, *(withdrawn(name) for name in "abc"))
    seal(database)
    assert api.get(MIIT, clue).json()["state"] == "routed"
    api.post(MIIT, f"{clue}/routing", {"authority": "MIIT", "reason": "nothing is left of it"}, seen=5)
    concluded = api.post(MIIT, f"{clue}/conclusion", {"code": "no-violation"}, seen=6)
    assert (concluded.status_code, concluded.json()["state"]) == (200, "concluded")


def test_an_open_clue_of_which_nobody_knew_is_routed_and_collects_on(api: Api, database: Database) -> None:
    hear(database, assessed("a", industry="unknown"))
    (listed,) = api.get(MIIT, "/clues", unrouted=True).json()["items"]
    clue = f"/clues/{listed['id']}"
    answer = api.post(MIIT, f"{clue}/routing", {"authority": "SAMR", "reason": "a shop"}, seen=1)
    assert (answer.status_code, answer.json()["state"], answer.json()["authority"]) == (200, "open", "SAMR")
    hear(database, assessed("b", industry="unknown"))
    assert published(database, "clue-routed.v1")[0]["counts"]["complaints"] == 1
    assert problem(api.post(MIIT, f"{clue}/routing", {"authority": "MOE", "reason": "x"}, seen=2)) == (
        409, "clue-state",
    )  # fmt: skip
    seal(database)
    told = api.get(SAMR, clue).json()
    assert (told["state"], told["industry"], told["counts"]["complaints"]) == ("referred", "unknown", 2)
    assert api.get(MIIT, "/clues", unrouted=True).json()["items"] == []
    assert len(api.get(MIIT, "/clues", unrouted=False).json()["items"]) == 1


@pytest.mark.parametrize("authority", ["NOBODY", "CBIRC", ""])
def test_a_clue_is_routed_to_an_authority_of_today(api: Api, database: Database, authority: str) -> None:
    hear(database, assessed("a", industry="unknown"))
    path = f"/clues/{clues(database)[0].id}/routing"
    assert problem(api.post(MIIT, path, {"authority": authority, "reason": "x"}, seen=1)) == (422, "validation")


def test_who_returns_a_clue_suggests_an_authority_that_is_known(api: Api, database: Database) -> None:
    clue = received_clue(api, database)
    body = {"reason": "not-competent", "suggested": "NOBODY"}
    assert problem(api.post(SAMR, f"{clue}/return", body, seen=3)) == (422, "validation")


def test_what_somebody_else_changed_in_between_is_read_again_first(api: Api, database: Database) -> None:
    clue = received_clue(api, database)
    for act, body in (("return", {"reason": "other-region"}), ("extension", {"reason": "x"})):
        assert problem(api.post(SAMR, f"{clue}/{act}", body, seen=2)) == (412, "precondition-failed")
        assert problem(api.post(SAMR, f"{clue}/{act}", body)) == (428, "precondition-required")


def test_clues_are_found_by_what_they_are(api: Api, database: Database) -> None:
    hear(database, assessed("a"), assessed("b", industry="education"), assessed("c", provider=None))
    hear(database, assessed("d", received=NOON - days(100)))
    sweep(database)

    def found(**asked: Any) -> int:
        return len(api.get(MIIT, "/clues", **asked).json()["items"])

    assert found() == 4
    assert found(industry="education") == found(authority="MOE") == found(period="2026Q1") == 1
    assert found(subject="signature:样例服务") == 1
    assert found(subject="enterprise:91630000M0CKPC3D5Q") == 3
    assert found(state="open") == 4
    assert found(state="referred") == found(overdue=True) == 0
    assert problem(api.get(MIIT, "/clues", subject="样例服务")) == (422, "validation")
