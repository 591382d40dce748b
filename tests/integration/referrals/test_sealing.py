"""Clues become batches: by the calendar, by order of staff, and at once where the police are to know."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from chassis import clock
from chassis.database import Database
from chassis.sweeper import Slice
from services.referrals.sweeps import seal_what_is_ordered, seal_what_is_urgent
from tests.integration.http.api import problem
from tests.integration.referrals.api import Api
from tests.integration.referrals.scenes import (
    HOLDER,
    MIIT,
    NOON,
    NUMBER,
    PROVIDER,
    assessed,
    batches,
    clues,
    crime,
    days,
    hear,
    named,
    published,
    rows,
    seal,
    sha256,
    sweep,
    withdrawn,
)

QUARTER_ENDS = datetime(2026, 6, 30, 16, tzinfo=UTC)
"""Midnight in Beijing."""


def sealings(database: Database) -> list[tuple[str, bool]]:
    found = rows(database, "SELECT through, done_at FROM sealings WHERE because = 'calendar' ORDER BY through")
    return [(row.through, row.done_at is not None) for row in found]


def document(database: Database, clue: Any) -> dict[str, Any]:
    (row,) = rows(
        database,
        "SELECT content FROM documents WHERE clue_id = :clue AND batch_id = :batch",
        clue=clue.id,
        batch=clue.batch_id,
    )
    content: dict[str, Any] = json.loads(row.content)
    return content


# ------------------------------------------------------------------------------------------------------ by the calendar


def test_a_fresh_install_has_nothing_to_seal_of_the_quarters_before_it(database: Database) -> None:
    with clock.frozen(NOON):
        hear(database, assessed("a", received=NOON - days(100)))
        sweep(database)
    assert sealings(database) == [("2026Q1", True)]
    assert [row.state for row in clues(database)] == ["open"]


def test_ten_days_after_a_quarter_ends_its_clues_and_older_ones_are_sealed_once(database: Database) -> None:
    with clock.frozen(NOON):
        sweep(database)
        hear(database, assessed("a"), assessed("old", received=NOON - days(100)))
    with clock.frozen(QUARTER_ENDS):
        hear(database, assessed("next quarter", received=QUARTER_ENDS))
    with clock.frozen(QUARTER_ENDS + days(10) - days(0.001)):
        sweep(database)
        assert batches(database) == []
    with clock.frozen(QUARTER_ENDS + days(10)):
        sweep(database)
        hear(database, assessed("late", provider=None, received=NOON))
        sweep(database)
    assert sealings(database) == [("2026Q1", True), ("2026Q2", True)]
    (batch,) = batches(database)
    assert (batch.authority, batch.because, batch.clues) == ("SAMR", "calendar", 2)
    states = {(row.period, row.subject_kind): row.state for row in clues(database)}
    assert states == {
        ("2026Q1", "enterprise"): "referred",
        ("2026Q2", "enterprise"): "referred",
        ("2026Q3", "enterprise"): "open",
        ("2026Q2", "signature"): "open",
    }
    with clock.frozen(QUARTER_ENDS + days(102)):
        sweep(database)
    assert [(row.because, row.clues) for row in batches(database)] == [("calendar", 2), ("calendar", 2)]
    assert {row.state for row in clues(database)} == {"referred"}


def test_who_slept_through_a_quarter_catches_up_with_both(database: Database) -> None:
    with clock.frozen(NOON):
        sweep(database)
        hear(database, assessed("a"))
    with clock.frozen(NOON + days(90)):
        hear(database, assessed("b", received=NOON + days(90)))
    with clock.frozen(NOON + days(220)):
        sweep(database)
    assert sealings(database) == [("2026Q1", True), ("2026Q4", True)]
    assert [row.clues for row in batches(database)] == [2]


def test_batches_are_of_one_authority_and_no_larger_than_the_rule_says(database: Database) -> None:
    heard = [assessed(f"retail {n}", provider=None, signature=f"签名{n}") for n in range(7)]
    heard += [assessed(f"school {n}", provider=None, signature=f"签名{n}", industry="education") for n in range(4)]
    hear(database, *heard)
    seal(database, limit=3)
    assert Counter(row.authority for row in batches(database)) == {"MOE": 2, "SAMR": 3}
    assert max(row.clues for row in batches(database)) == 3
    mixed = rows(
        database, "SELECT 1 FROM documents JOIN batches AS b ON b.id = batch_id JOIN clues AS c ON c.id = clue_id "
        "WHERE c.authority <> b.authority OR c.batch_id <> b.id",
    )  # fmt: skip
    assert mixed == []
    assert {row.state for row in clues(database)} == {"referred"}


# ---------------------------------------------------------------------------------------------------- by order of staff


def test_staff_have_sealed_what_is_open_and_see_how_far_it_is(api: Api, database: Database) -> None:
    hear(database, assessed("a"), assessed("b", industry="education"))
    sent = api.post(MIIT, "/sealings", {"authority": "SAMR", "reason": "the symposium is tomorrow"})
    assert sent.status_code == 202
    told = api.get(MIIT, sent.headers["location"]).json()
    assert (told["state"], told["batches"], told["clues"]) == ("open", 0, 0)
    hear(database, assessed("too late", provider=None))
    sweep(database)
    told = api.get(MIIT, sent.headers["location"]).json()
    assert (told["state"], told["batches"], told["clues"]) == ("done", 1, 1)
    assert [(row.because, row.authority) for row in batches(database)] == [("command", "SAMR")]
    states = {(row.subject_kind, row.industry): row.state for row in clues(database)}
    assert states == {
        ("enterprise", "retail"): "referred",
        ("enterprise", "education"): "open",
        ("signature", "retail"): "open",
    }
    assert [row.act for row in rows(database, "SELECT act FROM audit_log")] == ["sealing-ordered"]
    listed = api.get(MIIT, "/sealings").json()["items"]
    assert [each["because"] for each in listed] == ["calendar", "command"]


def test_staff_may_have_sealed_the_quarters_through_one(api: Api, database: Database) -> None:
    hear(database, assessed("old", received=NOON - days(100)), assessed("new"))
    assert api.post(MIIT, "/sealings", {"through": "2026Q1", "reason": "a rest"}).status_code == 202
    sweep(database)
    assert [(row.period, row.state) for row in clues(database)] == [("2026Q1", "referred"), ("2026Q2", "open")]


def test_an_order_is_done_once_nothing_that_it_covers_is_left_and_the_next_one_is_taken_up(database: Database) -> None:
    seal(database)
    seal(database)
    assert batches(database) == []
    assert rows(database, "SELECT 1 FROM sealings WHERE done_at IS NULL") == []


@pytest.mark.parametrize("authority", ["MIIT", "CBIRC", "NOBODY"])
def test_nothing_can_be_sealed_for_who_receives_nothing(api: Api, authority: str) -> None:
    assert problem(api.post(MIIT, "/sealings", {"authority": authority, "reason": "x"})) == (422, "validation")


def test_an_order_waits_for_a_clue_whose_subject_somebody_is_at_work_on(database: Database) -> None:
    hear(database, assessed("a"))
    with database.begin() as other:
        other.execute(sa.text("SELECT 1 FROM subjects FOR UPDATE"))
        seal(database)
        assert batches(database) == []
        assert len(rows(database, "SELECT 1 FROM sealings WHERE done_at IS NULL")) == 1
    sweep(database)
    assert len(batches(database)) == 1
    assert rows(database, "SELECT 1 FROM sealings WHERE done_at IS NULL") == []


# ------------------------------------------------------------------------------------------------- at once, for a crime


def urgent(database: Database) -> int:
    with database.begin() as tx:
        return seal_what_is_urgent(tx, Slice(500))


def test_a_suspected_crime_goes_to_the_police_at_once_whatever_its_industry(database: Database) -> None:
    with clock.frozen(NOON):
        hear(database, crime("a"), assessed("b"))
        assert urgent(database) == 1
    (batch,) = batches(database)
    assert (batch.authority, batch.because, batch.clues, batch.sealing_id) == ("MPS", "crime", 1, None)
    (referred,) = published(database, "clue-referred.v1")
    assert (referred["industry"], referred["authority"], referred["conclude_by"]) == (
        "crime", "MPS", "2026-07-10T12:34:56Z",
    )  # fmt: skip
    assert [each["rule"] for each in referred["rules"]] == [
        "sealing.crime", "document.senders", "document.samples", "feedback.deadline",
    ]  # fmt: skip


def test_a_crime_of_which_nobody_is_vouched_for_waits_for_the_quarter(database: Database) -> None:
    hear(database, crime("a", vouched=False))
    assert urgent(database) == 0
    hear(database, crime("b"))
    assert urgent(database) == 1


def test_a_hot_number_is_not_a_batch_per_complaint(database: Database) -> None:
    with clock.frozen(NOON):
        hear(database, crime("a"))
        urgent(database)
    with clock.frozen(NOON + days(0.5)):
        hear(database, *(crime(f"more {n}") for n in range(9)), crime("another number", "13900005678"))
        assert urgent(database) == 1
    with clock.frozen(NOON + days(1.01)):
        assert urgent(database) == 1
        assert urgent(database) == 0
    hot = [row for row in clues(database) if row.subject_value == "13900001234"]
    assert [(row.sequence, row.complaints) for row in hot] == [(1, 1), (2, 9)]


def test_an_order_of_staff_does_not_wait_for_the_rest_of_a_hot_number(database: Database) -> None:
    hear(database, crime("a"))
    urgent(database)
    hear(database, crime("b"))
    seal(database)
    assert [row.because for row in batches(database)] == ["crime", "command"]


# ------------------------------------------------------------------------------------------------------- what is sealed


def test_a_batch_is_what_its_digests_say(database: Database) -> None:
    hear(database, *(assessed(f"{n}", provider=None, signature=f"签名{n}") for n in range(3)))
    seal(database)
    (batch,) = batches(database)
    manifest = json.loads(batch.manifest)
    documents = rows(database, "SELECT * FROM documents ORDER BY position")
    assert batch.digest == sha256(batch.manifest)
    assert (manifest["batch"], manifest["authority"], manifest["because"]) == (str(batch.id), "SAMR", "command")
    assert [(each["clue"], each["digest"], each["bytes"]) for each in manifest["clues"]] == [
        (str(row.clue_id), sha256(row.content), len(row.content)) for row in documents
    ]
    assert [row.digest for row in documents] == [sha256(row.content) for row in documents]
    (sealed,) = published(database, "batch-sealed.v1")
    assert (sealed["digest"], sealed["clues"], sealed["received_at"]) == (batch.digest, 3, None)
    for row in documents:
        assert msgspec.json.encode(msgspec.json.decode(row.content)) == row.content


def test_a_document_says_what_the_clue_stands_on(database: Database) -> None:
    hear(
        database,
        *(assessed(f"a{n}", by=f"person {n % 3}", excerpt="全场五折") for n in range(4)),
        *(assessed(f"b{n}", f"{NUMBER}0", carrier="CUCC", excerpt="第二件半价") for n in range(2)),
        assessed("c", f"{NUMBER}1", carrier=None, holder=None, excerpt=""),
    )
    seal(database)
    (clue,) = clues(database)
    told = document(database, clue)
    assert told["counts"] == {"complaints": 7, "complainants": 6, "vouched": 6, "senders": 3}
    assert told["carriers"] == ["CMCC", "CUCC"]
    assert told["senders"] == [
        {"number": NUMBER, "kind": "port", "carrier": "CMCC", "holder": HOLDER, "complaints": 4},
        {"number": f"{NUMBER}0", "kind": "port", "carrier": "CUCC", "holder": HOLDER, "complaints": 2},
        {"number": f"{NUMBER}1", "kind": "port", "carrier": None, "holder": None, "complaints": 1},
    ]
    assert told["samples"] == ["全场五折", "第二件半价"]
    assert (told["subject"], told["industry"], told["period"], told["sequence"]) == (
        {"kind": "enterprise", "value": PROVIDER, "name": None}, "retail", "2026Q2", 1,
    )  # fmt: skip
    assert (clue.complaints, clue.complainants, clue.vouched, clue.senders) == (7, 6, 6, 3)


def test_senders_and_samples_are_as_many_as_the_rules_say(database: Database) -> None:
    hear(database, *(assessed(f"{n}", f"{NUMBER[:12]}{n:02}", excerpt=f"样本{n:02}") for n in range(30)))
    seal(database)
    told = document(database, clues(database)[0])
    assert len(told["senders"]) == 20
    assert told["samples"] == [f"样本{n:02}" for n in range(5)]


@pytest.mark.parametrize(("people", "samples"), [(2, []), (3, ["全场五折"])])
def test_no_sample_leaves_a_clue_with_fewer_than_three_complainants(
    database: Database, people: int, samples: list[str]
) -> None:
    hear(database, *(assessed(f"{n}", by=f"person {n % people}", excerpt="全场五折") for n in range(6)))
    seal(database)
    assert document(database, clues(database)[0])["samples"] == samples


def test_the_police_get_a_sample_of_one(database: Database) -> None:
    hear(database, crime("a", excerpt="中奖请回电"))
    urgent(database)
    assert document(database, clues(database)[0])["samples"] == ["中奖请回电"]


def test_no_document_tells_of_a_complainant(database: Database) -> None:
    received = datetime(2026, 6, 10, 3, tzinfo=UTC)
    names = [f"{n}" for n in range(4)]
    hear(database, *(assessed(name, received=received, province="510000") for name in names), crime("c"))
    sweep(database)
    seal(database)
    told = b"".join(row.content for row in rows(database, "SELECT content FROM documents")).decode()
    for name in [*names, "c"]:
        assert str(named(name)) not in told
        assert str(named(f"complainant of {name}")) not in told
    assert "510000" not in told
    assert "2026-06-10" not in told
    assert "12321" not in told


def test_what_is_sealed_does_not_change_with_what_comes_after(database: Database) -> None:
    hear(database, *(assessed(name) for name in "abcd"))
    seal(database)
    before = rows(database, "SELECT * FROM documents"), rows(database, "SELECT * FROM batches")
    hear(
        database,
        withdrawn("a"),
        assessed("b", version=3, excerpt="第二件半价"),
        assessed("c", version=3, industry="games"),
    )
    hear(database, assessed("e"))
    sweep(database)
    assert (rows(database, "SELECT * FROM documents"), rows(database, "SELECT * FROM batches")) == before
    (sealed,) = [row for row in clues(database) if row.state == "referred"]
    assert (sealed.complaints, sealed.version) == (4, 2)
    assert len(published(database, "clue-referred.v1")) == 1


# --------------------------------------------------------------------------------------------- who takes over from whom


@pytest.mark.parametrize(
    ("sealed_at", "authority"),
    [(datetime(2023, 5, 17, 15, tzinfo=UTC), "CBIRC"), (datetime(2023, 5, 17, 16, tzinfo=UTC), "NFRA")],
    ids=["the evening before", "that midnight in Beijing"],
)
def test_a_clue_goes_to_the_authority_that_is_there_on_the_day_of_its_sealing(
    database: Database, sealed_at: datetime, authority: str
) -> None:
    with clock.frozen(datetime(2023, 5, 10, tzinfo=UTC)):
        hear(database, assessed("a", industry="loans", received=datetime(2023, 5, 10, tzinfo=UTC)))
    assert clues(database)[0].authority == "CBIRC"
    with clock.frozen(sealed_at):
        seal(database)
    (clue,) = clues(database)
    (batch,) = batches(database)
    assert (clue.authority, batch.authority, clue.state) == (authority, authority, "referred")
    assert document(database, clue)["authority"] == authority
    assert published(database, "clue-referred.v1")[0]["authority"] == authority


def test_a_clue_that_is_opened_after_the_change_is_for_the_new_authority(database: Database) -> None:
    with clock.frozen(datetime(2023, 5, 18, tzinfo=UTC)):
        hear(database, assessed("a", industry="loans", received=datetime(2023, 5, 1, tzinfo=UTC)))
    assert clues(database)[0].authority == "NFRA"


def test_a_sweep_with_nothing_to_do_says_so(database: Database) -> None:
    with clock.frozen(NOON):
        sweep(database)
        with database.begin() as tx:
            assert seal_what_is_ordered(tx, Slice(10)) == 0
        assert urgent(database) == 0
