"""What staff see: national staff everything, a provincial administration the clues with complaints of its province."""

from __future__ import annotations

from typing import Any

from chassis import clock
from chassis.database import Database
from chassis.sweeper import Slice
from services.referrals.sweeps import OVERDUE_CLUES
from tests.integration.http.api import problem
from tests.integration.referrals.api import Api
from tests.integration.referrals.scenes import (
    MIIT,
    OTHER_PROVIDER,
    SAMR,
    assessed,
    batches,
    clues,
    consume,
    crime,
    days,
    named,
    received_clue,
    rows,
    seal,
    sweep,
    withdrawn,
)

GUANGDONG, SICHUAN = "regulator:CA-44", "regulator:CA-51"


def two_provinces(database: Database) -> None:
    consume(
        database,
        *(assessed(f"g{n}", province="440000") for n in range(3)),
        *(assessed(f"s{n}", province="510000", carrier="CUCC") for n in range(2)),
        assessed("nowhere", province=None),
        assessed("only in sichuan", province="510000", provider=OTHER_PROVIDER),
    )


def test_provincial_staff_see_clues_with_complaints_of_their_province_and_the_counts_of_these(
    api: Api, database: Database
) -> None:
    two_provinces(database)
    for _ in range(2):
        guangdong = api.get(GUANGDONG, "/clues").json()["items"]
        assert [each["counts"]["complaints"] for each in guangdong] == [3]
        assert (guangdong[0]["carriers"], guangdong[0]["causes"]) == (["CMCC"], [])
        sichuan = api.get(SICHUAN, "/clues").json()["items"]
        assert sorted(each["counts"]["complaints"] for each in sichuan) == [1, 2]
        assert api.get("regulator:CA-11", "/clues").json()["items"] == []
        seal(database)
    assert sorted(each["counts"]["complaints"] for each in api.get(MIIT, "/clues").json()["items"]) == [1, 6]
    foreign = next(row.id for row in clues(database) if row.subject_value == OTHER_PROVIDER)
    assert problem(api.get(GUANGDONG, f"/clues/{foreign}")) == (404, "not-found")
    assert problem(api.get(GUANGDONG, f"/clues/{foreign}/complaints")) == (404, "not-found")


def test_provincial_staff_list_the_complaints_of_their_province_and_search_clues_by_them(
    api: Api, database: Database
) -> None:
    two_provinces(database)
    (clue,) = api.get(GUANGDONG, "/clues").json()["items"]
    listed = api.get(GUANGDONG, f"/clues/{clue['id']}/complaints").json()["items"]
    assert {each["id"] for each in listed} == {str(named(f"g{n}")) for n in range(3)}
    assert len(api.get(GUANGDONG, "/clues", complaint=str(named("g0"))).json()["items"]) == 1
    assert api.get(GUANGDONG, "/clues", complaint=str(named("s0"))).json()["items"] == []
    assert len(api.get(MIIT, f"/clues/{clue['id']}/complaints").json()["items"]) == 6


def test_provincial_staff_see_no_batch_and_change_nothing(api: Api, database: Database) -> None:
    two_provinces(database)
    seal(database)
    batch = batches(database)[0]
    clue = f"/clues/{clues(database)[0].id}"
    assert api.get(GUANGDONG, "/batches").json()["items"] == []
    for path in (f"/batches/{batch.id}", f"/batches/{batch.id}/content"):
        assert problem(api.get(GUANGDONG, path)) == (404, "not-found")
    acts: dict[str, dict[str, Any]] = {
        f"{clue}/return": {"reason": "other-region"},
        f"{clue}/extension": {"reason": "x"},
        f"{clue}/conclusion": {"code": "warned"},
        f"{clue}/annulment": {"reason": "x"},
        f"{clue}/routing": {"authority": "MOE", "reason": "x"},
        "/sealings": {"reason": "x"},
        f"/batches/{batch.id}/receipt": {"digest": batch.digest},
    }
    for path, body in acts.items():
        assert problem(api.post(GUANGDONG, path, body, seen="*")) == (403, "forbidden"), path
    for path in ("/sealings", "/statistics"):
        assert problem(api.get(GUANGDONG, path)) == (403, "forbidden"), path


def figures(api: Api) -> dict[str, Any]:
    answer = api.get(MIIT, "/statistics")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    complaints, counted = body["complaints"], body["clues"]
    assert complaints["received"] == complaints["spam"] + complaints["withdrawn"] + complaints["not_spam"]
    assert complaints["spam"] == complaints["in_clues"] + complaints["set_aside"]
    assert complaints["set_aside"] == sum(complaints["set_aside_reasons"].values())
    assert counted["opened"] == sum(counted["states"].values())
    assert counted["concluded"] == sum(counted["conclusions"].values()) == counted["states"]["concluded"]
    return body


def test_the_figures_of_an_empty_service_add_up(api: Api) -> None:
    assert figures(api)["complaints"]["received"] == 0


def test_the_figures_count_how_far_clues_ever_got(api: Api, database: Database) -> None:
    clue = received_clue(api, database)
    consume(database, crime("crime"), assessed("unrouted", industry="unknown"), assessed("own", industry="telecom"))
    consume(database, assessed("no subject", "无", kind="other", provider=None, signature=None))
    consume(database, assessed("otp", category="not-spam"), assessed("back", industry="games"))
    consume(database, withdrawn("back"), withdrawn("unknown"))
    sweep(database)
    with clock.shifted(days(31)), database.begin() as tx:
        assert OVERDUE_CLUES.run(tx, Slice(100)) == 2
    api.post(SAMR, f"{clue}/return", {"reason": "not-competent"}, seen=4)
    api.post(MIIT, f"{clue}/routing", {"authority": "MOE", "reason": "courses"}, seen=5)
    seal(database)
    api.post("authority:MOE", f"{clue}/conclusion", {"code": "fined", "amount": 5}, seen=7)
    api.post("authority:MOE", f"{clue}/annulment", {"reason": "x"}, seen=8)
    counts = figures(api)
    assert counts["complaints"] == {
        "received": 10, "spam": 7, "in_clues": 6, "set_aside": 1, "set_aside_reasons": {"no-subject": 1},
        "withdrawn": 2, "not_spam": 1,
    }  # fmt: skip
    counted = counts["clues"]
    expected = {
        "opened": 5, "referred": 2, "received": 1, "returned": 1, "concluded": 1, "overdue": 2, "annulled": 1,
        "unrouted": 1, "own": 1,
    }  # fmt: skip
    assert {name: counted[name] for name in expected} == expected
    assert counted["states"] == {
        "open": 3, "referred": 1, "received": 0, "returned": 0, "routed": 0, "concluded": 1,
    }  # fmt: skip
    assert counted["conclusions"]["fined"] == 1
    assert counts["batches"] == {"sealed": 3, "received": 1, "clues": 3}
    assert len(rows(database, "SELECT 1 FROM documents")) == 3
