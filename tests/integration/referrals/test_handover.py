"""Authorities fetch their batches, confirm receipt, and return clues for which they are not competent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chassis import clock
from chassis.database import Database
from chassis.sweeper import Slice
from services.referrals.sweeps import URGENT_SEALINGS
from tests.integration.http.api import problem
from tests.integration.referrals.api import Api
from tests.integration.referrals.scenes import (
    MIIT,
    MOE,
    MPS,
    NOON,
    NUMBER,
    SAMR,
    assessed,
    batches,
    clues,
    consume,
    crime,
    days,
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
    consume(database, *(assessed(f"{n}", provider=None, signature=f"签名{n}") for n in range(4)))
    sealed_batch(database, "MOE")
    (listed,) = api.get(SAMR, "/batches", state="sealed").json()["items"]
    answer = api.get(SAMR, f"/batches/{listed['id']}/content")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    manifest, documents = lines_of(answer.content)
    assert sha256(manifest) == listed["digest"]
    listing = json.loads(manifest)
    assert [sha256(each) for each in documents] == [each["digest"] for each in listing["clues"]]
    assert [json.loads(each)["clue"] for each in documents] == [each["clue"] for each in listing["clues"]]
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


def test_a_receipt_with_another_digest_is_refused(api: Api, database: Database) -> None:
    batch = sealed_batch(database)
    wrong = sha256(batch.manifest + b"\n")
    assert problem(api.post(SAMR, f"/batches/{batch.id}/receipt", {"digest": wrong})) == (422, "digest-differs")
    assert problem(api.post(SAMR, f"/batches/{batch.id}/receipt", {"digest": "?"})) == (422, "validation")
    assert (batches(database)[0].state, clues(database)[0].state) == ("sealed", "referred")


def test_a_clue_that_was_returned_before_the_receipt_is_not_received_with_its_batch(
    api: Api, database: Database
) -> None:
    consume(database, assessed("other", provider=None))
    batch = sealed_batch(database)
    (clue, *_) = clues(database)
    assert api.post(SAMR, f"/clues/{clue.id}/return", {"reason": "other-region"}, seen=2).status_code == 200
    assert api.post(SAMR, f"/batches/{batch.id}/receipt", {"digest": batch.digest}).status_code == 200
    assert sorted(row.state for row in clues(database)) == ["received", "returned"]


def test_a_clue_is_visible_to_its_authority_after_the_hand_over(api: Api, database: Database) -> None:
    with clock.frozen(NOON):
        consume(database, assessed("a"), assessed("b"))
        (clue,) = clues(database)
        assert problem(api.get(SAMR, f"/clues/{clue.id}")) == (404, "not-found")
        assert api.get(SAMR, "/clues").json()["items"] == []
        seal(database)
        answer = api.get(SAMR, f"/clues/{clue.id}")
    body = answer.json()
    assert answer.headers["etag"] == '"2"'
    assert (body["state"], body["counts"]["complaints"], body["carriers"]) == ("referred", 2, ["CMCC"])
    assert (body["causes"], body["opened_at"]) == ([], "2026-06-10T12:00:00Z")
    assert body["referred_at"] == "2026-06-10T12:34:56Z"
    assert api.get(MIIT, f"/clues/{clue.id}").json()["causes"] == [clue.cause]
    assert api.get(MIIT, f"/clues/{clue.id}").json()["opened_at"] == "2026-06-10T12:34:56Z"


def test_only_staff_see_the_complaints_of_a_clue(api: Api, database: Database) -> None:
    batch = sealed_batch(database, "SAMR", "a", "b", "c")
    (clue,) = clues(database)
    first = api.get(MIIT, f"/clues/{clue.id}/complaints", page_size=2).json()
    rest = api.get(MIIT, f"/clues/{clue.id}/complaints", page_size=2, page_token=first["next_page_token"]).json()
    body = [*first["items"], *rest["items"]]
    expected = rows(database, "SELECT complaint_id AS id FROM evidence ORDER BY complaint_id")
    assert body == [{"id": str(row.id), "version": 2} for row in expected]
    assert problem(api.get(SAMR, f"/clues/{clue.id}/complaints")) == (403, "forbidden")
    complaint = body[0]["id"]
    assert problem(api.get(SAMR, "/clues", complaint=complaint)) == (403, "forbidden")
    assert [each["id"] for each in api.get(MIIT, "/clues", complaint=complaint).json()["items"]] == [str(clue.id)]
    assert batch.clues == 1


# --------------------------------------------------------------------------------------- returned, routed, sealed again


def test_a_returned_clue_is_routed_and_sealed_again_for_the_other_authority(api: Api, database: Database) -> None:
    clue = received_clue(api, database)
    returned = {"reason": "not-competent", "note": "a school's courses", "suggested": "MOE"}
    answer = api.post(SAMR, f"{clue}/return", returned, seen=3)
    assert (answer.status_code, answer.json()["state"], answer.json()["suggested"]) == (200, "returned", "MOE")
    consume(database, assessed("while it is returned"))
    routed = api.post(MIIT, f"{clue}/routing", {"authority": "MOE", "reason": "courses"}, seen=4)
    assert (routed.json()["state"], routed.json()["authority"]) == ("routed", "MOE")
    for organisation in (SAMR, MOE):
        assert problem(api.get(organisation, clue)) == (404, "not-found")
    with clock.shifted(days(1)):
        seal(database)
    body = api.get(MOE, clue).json()
    assert (body["state"], body["authority"], body["version"]) == ("referred", "MOE", 6)
    assert (body["received_at"], body["return_reason"], body["counts"]["complaints"]) == (None, "not-competent", 3)
    assert problem(api.get(SAMR, clue)) == (404, "not-found")
    (first,) = api.get(SAMR, "/batches").json()["items"][:1]
    (second,) = api.get(MOE, "/batches").json()["items"]
    assert second["id"] == body["batch"] != first["id"]
    for authority, batch in (("SAMR", first), ("MOE", second)):
        _, (document,) = lines_of(api.get(f"authority:{authority}", f"/batches/{batch['id']}/content").content)
        content = json.loads(document)
        assert (content["clue"], content["authority"]) == (body["id"], authority)
    assert [row.act for row in rows(database, "SELECT act FROM audit_log ORDER BY id")] == ["clue-routed"]
    states = [each["state"] for each in published(database, "clue-routed.v1")]
    assert states == ["routed"]
    assert max(versions(database)) == [1, 2, 3, 4, 5, 6]


def test_excerpts_for_the_police_are_not_passed_on_to_another_authority(api: Api, database: Database) -> None:
    consume(database, crime("a", excerpt="中奖请回电"))
    with database.begin() as tx:
        URGENT_SEALINGS.run(tx, Slice(10))
    (row,) = clues(database)
    clue = f"/clues/{row.id}"
    assert api.post(MPS, f"{clue}/return", {"reason": "not-competent"}, seen=2).status_code == 200
    assert api.post(MIIT, f"{clue}/routing", {"authority": "SAMR", "reason": "no crime"}, seen=3).status_code == 200
    seal(database)
    contents = [
        api.get(f"authority:{each.authority}", f"/batches/{each.id}/content").text for each in batches(database)
    ]
    assert ["中奖请回电" in each for each in contents] == [True, False]


def test_a_routed_clue_that_all_complaints_left_is_not_sealed_and_staff_conclude_it(
    api: Api, database: Database
) -> None:
    clue = received_clue(api, database)
    api.post(SAMR, f"{clue}/return", {"reason": "subject-unknown"}, seen=3)
    api.post(MIIT, f"{clue}/routing", {"authority": "MOE", "reason": "perhaps"}, seen=4)
    consume(database, *(withdrawn(name) for name in "abc"))
    seal(database)
    assert api.get(MIIT, clue).json()["state"] == "routed"
    api.post(MIIT, f"{clue}/routing", {"authority": "MIIT", "reason": "nothing is left of it"}, seen=5)
    concluded = api.post(MIIT, f"{clue}/conclusion", {"code": "no-violation"}, seen=6)
    assert (concluded.status_code, concluded.json()["state"]) == (200, "concluded")


def test_an_open_clue_without_an_authority_is_routed_and_still_collects(api: Api, database: Database) -> None:
    consume(database, assessed("a", industry="unknown"))
    (listed,) = api.get(MIIT, "/clues", unrouted=True).json()["items"]
    clue = f"/clues/{listed['id']}"
    answer = api.post(MIIT, f"{clue}/routing", {"authority": "SAMR", "reason": "a shop"}, seen=1)
    assert (answer.status_code, answer.json()["state"], answer.json()["authority"]) == (200, "open", "SAMR")
    consume(database, assessed("b", industry="unknown"))
    assert published(database, "clue-routed.v1")[0]["counts"]["complaints"] == 1
    assert problem(api.post(MIIT, f"{clue}/routing", {"authority": "MOE", "reason": "x"}, seen=2)) == (
        409, "clue-state",
    )  # fmt: skip
    seal(database)
    body = api.get(SAMR, clue).json()
    assert (body["state"], body["industry"], body["counts"]["complaints"]) == ("referred", "unknown", 2)
    assert api.get(MIIT, "/clues", unrouted=True).json()["items"] == []
    assert len(api.get(MIIT, "/clues", unrouted=False).json()["items"]) == 1


@pytest.mark.parametrize("authority", ["UNKNOWN", "CBIRC", ""])
def test_a_clue_cannot_be_routed_to_an_authority_that_does_not_exist_today(
    api: Api, database: Database, authority: str
) -> None:
    consume(database, assessed("a", industry="unknown"))
    path = f"/clues/{clues(database)[0].id}/routing"
    assert problem(api.post(MIIT, path, {"authority": authority, "reason": "x"}, seen=1)) == (422, "validation")


def test_a_return_cannot_suggest_an_unknown_authority(api: Api, database: Database) -> None:
    clue = received_clue(api, database)
    body = {"reason": "not-competent", "suggested": "UNKNOWN"}
    assert problem(api.post(SAMR, f"{clue}/return", body, seen=3)) == (422, "validation")


def test_an_act_on_an_outdated_version_is_refused(api: Api, database: Database) -> None:
    clue = received_clue(api, database)
    for act, body in (("return", {"reason": "other-region"}), ("extension", {"reason": "x"})):
        assert problem(api.post(SAMR, f"{clue}/{act}", body, seen=2)) == (412, "precondition-failed")
        assert problem(api.post(SAMR, f"{clue}/{act}", body)) == (428, "precondition-required")


def test_clues_are_listed_by_their_fields(api: Api, database: Database) -> None:
    consume(database, assessed("a"), assessed("b", industry="education"), assessed("c", provider=None))
    consume(database, assessed("d", received=NOON - days(100)))
    sweep(database)

    def found(**filters: Any) -> int:
        return len(api.get(MIIT, "/clues", **filters).json()["items"])

    assert found() == 4
    assert found(industry="education") == found(authority="MOE") == found(period="2026Q1") == 1
    assert found(subject="signature:样例服务") == 1
    assert found(subject="enterprise:91630000M0CKPC3D5Q") == 3
    assert found(state="open") == 4
    assert found(state="referred") == found(overdue=True) == 0
    assert problem(api.get(MIIT, "/clues", subject="样例服务")) == (422, "validation")


@pytest.mark.parametrize("spelling", ["+86{}", "0086{}", "\u200e{}", "{}"])
def test_a_clue_about_a_number_is_found_by_any_spelling(api: Api, database: Database, spelling: str) -> None:
    consume(database, assessed("unsigned", provider=None, signature=None))
    sweep(database)
    found = api.get(MIIT, "/clues", subject=f"number:{spelling.format(NUMBER)}").json()["items"]
    assert len(found) == 1
