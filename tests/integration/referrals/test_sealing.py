"""Clues become batches: by the calendar, by order of staff, and at once for the police."""

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
from services.referrals.sweeps import ORDERED_SEALINGS, URGENT_SEALINGS
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
    consume,
    crime,
    days,
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


def test_a_fresh_installation_does_not_seal_earlier_quarters(database: Database) -> None:
    with clock.frozen(NOON):
        consume(database, assessed("a", received=NOON - days(100)))
        sweep(database)
    assert sealings(database) == [("2026Q1", True)]
    assert [row.state for row in clues(database)] == ["open"]


def test_ten_days_after_a_quarter_ends_its_clues_and_older_ones_are_sealed_once(database: Database) -> None:
    with clock.frozen(NOON):
        sweep(database)
        consume(database, assessed("a"), assessed("old", received=NOON - days(100)))
    with clock.frozen(QUARTER_ENDS):
        consume(database, assessed("next quarter", received=QUARTER_ENDS))
    with clock.frozen(QUARTER_ENDS + days(10) - days(0.001)):
        sweep(database)
        assert batches(database) == []
    with clock.frozen(QUARTER_ENDS + days(10)):
        sweep(database)
        consume(database, assessed("late", provider=None, received=NOON))
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


def test_after_a_missed_quarter_both_quarters_are_sealed(database: Database) -> None:
    with clock.frozen(NOON):
        sweep(database)
        consume(database, assessed("a"))
    with clock.frozen(NOON + days(90)):
        consume(database, assessed("b", received=NOON + days(90)))
    with clock.frozen(NOON + days(220)):
        sweep(database)
    assert sealings(database) == [("2026Q1", True), ("2026Q4", True)]
    assert [row.clues for row in batches(database)] == [2]


def test_a_batch_has_one_authority_and_at_most_the_size_of_the_rule(database: Database) -> None:
    messages = [assessed(f"retail {n}", provider=None, signature=f"签名{n}") for n in range(7)]
    messages += [assessed(f"school {n}", provider=None, signature=f"签名{n}", industry="education") for n in range(4)]
    consume(database, *messages)
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


def test_staff_order_a_sealing_of_the_open_clues_and_see_its_progress(api: Api, database: Database) -> None:
    consume(database, assessed("a"), assessed("b", industry="education"))
    sent = api.post(MIIT, "/sealings", {"authority": "SAMR", "reason": "the symposium is tomorrow"})
    assert sent.status_code == 202
    body = api.get(MIIT, sent.headers["location"]).json()
    assert (body["state"], body["batches"], body["clues"]) == ("open", 0, 0)
    consume(database, assessed("too late", provider=None))
    sweep(database)
    body = api.get(MIIT, sent.headers["location"]).json()
    assert (body["state"], body["batches"], body["clues"]) == ("done", 1, 1)
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


def test_staff_can_order_a_sealing_of_the_quarters_up_to_one(api: Api, database: Database) -> None:
    consume(database, assessed("old", received=NOON - days(100)), assessed("new"))
    assert api.post(MIIT, "/sealings", {"through": "2026Q1", "reason": "leftovers"}).status_code == 202
    sweep(database)
    assert [(row.period, row.state) for row in clues(database)] == [("2026Q1", "referred"), ("2026Q2", "open")]


def test_a_sealing_is_done_when_it_covers_nothing_more_and_the_next_one_starts(database: Database) -> None:
    seal(database)
    seal(database)
    assert batches(database) == []
    assert rows(database, "SELECT 1 FROM sealings WHERE done_at IS NULL") == []


@pytest.mark.parametrize("authority", ["MIIT", "CBIRC", "UNKNOWN"])
def test_a_sealing_for_an_authority_that_receives_no_clues_is_refused(api: Api, authority: str) -> None:
    assert problem(api.post(MIIT, "/sealings", {"authority": authority, "reason": "x"})) == (422, "validation")


def test_a_sealing_stays_open_while_the_subject_of_a_clue_is_locked(database: Database) -> None:
    consume(database, assessed("a"))
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
        return URGENT_SEALINGS.run(tx, Slice(500))


def test_a_suspected_crime_of_any_industry_goes_to_the_police_at_once(database: Database) -> None:
    with clock.frozen(NOON):
        consume(database, crime("a"), assessed("b"))
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


def test_a_crime_without_a_vouched_complainant_waits_for_the_quarter(database: Database) -> None:
    consume(database, crime("a", vouched=False))
    assert urgent(database) == 0
    consume(database, crime("b"))
    assert urgent(database) == 1


def test_a_number_with_many_complaints_does_not_make_a_batch_per_complaint(database: Database) -> None:
    with clock.frozen(NOON):
        consume(database, crime("a"))
        urgent(database)
    with clock.frozen(NOON + days(0.5)):
        consume(database, *(crime(f"more {n}") for n in range(9)), crime("another number", "13900005678"))
        assert urgent(database) == 1
    with clock.frozen(NOON + days(1.01)):
        assert urgent(database) == 1
        assert urgent(database) == 0
    hot = [row for row in clues(database) if row.subject_value == "13900001234"]
    assert [(row.sequence, row.complaints) for row in hot] == [(1, 1), (2, 9)]


def test_an_order_of_staff_seals_places_that_rest(database: Database) -> None:
    consume(database, crime("a"))
    urgent(database)
    consume(database, crime("b"))
    seal(database)
    assert [row.because for row in batches(database)] == ["crime", "command"]


# --------------------------------------------------------------------------------------------------- the sealed content


def test_the_digests_of_a_batch_match_its_content(database: Database) -> None:
    consume(database, *(assessed(f"{n}", provider=None, signature=f"签名{n}") for n in range(3)))
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


def test_a_document_states_the_evidence_of_its_clue(database: Database) -> None:
    consume(
        database,
        *(assessed(f"a{n}", by=f"person {n % 3}", excerpt="全场五折") for n in range(4)),
        *(assessed(f"b{n}", f"{NUMBER}0", carrier="CUCC", excerpt="第二件半价") for n in range(2)),
        assessed("c", f"{NUMBER}1", carrier=None, holder=None, excerpt=""),
    )
    seal(database)
    (clue,) = clues(database)
    content = document(database, clue)
    assert content["counts"] == {"complaints": 7, "complainants": 6, "vouched": 6, "senders": 3}
    assert content["carriers"] == ["CMCC", "CUCC"]
    assert content["senders"] == [
        {"number": NUMBER, "kind": "port", "carrier": "CMCC", "holder": HOLDER, "complaints": 4},
        {"number": f"{NUMBER}0", "kind": "port", "carrier": "CUCC", "holder": HOLDER, "complaints": 2},
        {"number": f"{NUMBER}1", "kind": "port", "carrier": None, "holder": None, "complaints": 1},
    ]
    assert content["samples"] == ["全场五折", "第二件半价"]
    assert (content["subject"], content["industry"], content["period"], content["sequence"]) == (
        {"kind": "enterprise", "value": PROVIDER, "name": None}, "retail", "2026Q2", 1,
    )  # fmt: skip
    assert (clue.complaints, clue.complainants, clue.vouched, clue.senders) == (7, 6, 6, 3)


def test_a_document_has_at_most_the_senders_and_excerpts_of_the_rules(database: Database) -> None:
    consume(database, *(assessed(f"{n}", f"{NUMBER[:12]}{n:02}", excerpt=f"样本{n:02}") for n in range(30)))
    seal(database)
    content = document(database, clues(database)[0])
    assert len(content["senders"]) == 20
    assert content["samples"] == [f"样本{n:02}" for n in range(5)]


@pytest.mark.parametrize(("people", "samples"), [(2, []), (3, ["全场五折"])])
def test_a_clue_with_fewer_than_three_complainants_shows_no_excerpts(
    database: Database, people: int, samples: list[str]
) -> None:
    consume(database, *(assessed(f"{n}", by=f"person {n % people}", excerpt="全场五折") for n in range(6)))
    seal(database)
    assert document(database, clues(database)[0])["samples"] == samples


def test_the_police_receive_the_excerpt_of_a_single_complaint(database: Database) -> None:
    consume(database, crime("a", excerpt="中奖请回电"))
    urgent(database)
    assert document(database, clues(database)[0])["samples"] == ["中奖请回电"]


def test_no_document_leads_to_a_complainant(database: Database) -> None:
    received = datetime(2026, 6, 10, 3, tzinfo=UTC)
    names = [f"{n}" for n in range(4)]
    consume(database, *(assessed(name, received=received, province="510000") for name in names), crime("c"))
    sweep(database)
    seal(database)
    text = b"".join(row.content for row in rows(database, "SELECT content FROM documents")).decode()
    for name in [*names, "c"]:
        assert str(named(name)) not in text
        assert str(named(f"complainant of {name}")) not in text
    assert "510000" not in text
    assert "2026-06-10" not in text
    assert "12321" not in text


def test_later_messages_do_not_change_sealed_content(database: Database) -> None:
    consume(database, *(assessed(name) for name in "abcd"))
    seal(database)
    before = rows(database, "SELECT * FROM documents"), rows(database, "SELECT * FROM batches")
    consume(
        database,
        withdrawn("a"),
        assessed("b", version=3, excerpt="第二件半价"),
        assessed("c", version=3, industry="games"),
    )
    consume(database, assessed("e"))
    sweep(database)
    assert (rows(database, "SELECT * FROM documents"), rows(database, "SELECT * FROM batches")) == before
    (sealed,) = [row for row in clues(database) if row.state == "referred"]
    assert (sealed.complaints, sealed.version) == (4, 2)
    assert len(published(database, "clue-referred.v1")) == 1


# -------------------------------------------------------------------------------------------- successors of authorities


@pytest.mark.parametrize(
    ("sealed_at", "authority"),
    [(datetime(2023, 5, 17, 15, tzinfo=UTC), "CBIRC"), (datetime(2023, 5, 17, 16, tzinfo=UTC), "NFRA")],
    ids=["the evening before", "that midnight in Beijing"],
)
def test_a_clue_goes_to_the_authority_that_exists_on_the_day_of_its_sealing(
    database: Database, sealed_at: datetime, authority: str
) -> None:
    with clock.frozen(datetime(2023, 5, 10, tzinfo=UTC)):
        consume(database, assessed("a", industry="loans", received=datetime(2023, 5, 10, tzinfo=UTC)))
    assert clues(database)[0].authority == "CBIRC"
    with clock.frozen(sealed_at):
        seal(database)
    (clue,) = clues(database)
    (batch,) = batches(database)
    assert (clue.authority, batch.authority, clue.state) == (authority, authority, "referred")
    assert document(database, clue)["authority"] == authority
    assert published(database, "clue-referred.v1")[0]["authority"] == authority


def test_a_clue_opened_after_the_change_is_for_the_successor(database: Database) -> None:
    with clock.frozen(datetime(2023, 5, 18, tzinfo=UTC)):
        consume(database, assessed("a", industry="loans", received=datetime(2023, 5, 1, tzinfo=UTC)))
    assert clues(database)[0].authority == "NFRA"


def test_a_sweep_with_nothing_to_do_returns_zero(database: Database) -> None:
    with clock.frozen(NOON):
        sweep(database)
        with database.begin() as tx:
            assert ORDERED_SEALINGS.run(tx, Slice(10)) == 0
        assert urgent(database) == 0
