"""Received complaints are collected in clues: each in the clue where it belongs, and in no other."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from chassis import clock
from chassis.database import Database, StaleAggregateError
from chassis.events import inbox
from chassis.events.consumer import dispatch
from services.referrals.reactions import REACTIONS
from services.referrals.store.clues import load_clues, save_clues
from tests.integration.referrals.scenes import (
    NOON,
    NUMBER,
    OTHER_PROVIDER,
    PROVIDER,
    SIGNATURE,
    assessed,
    clues,
    complaints,
    complaints_by_clue,
    consume,
    crime,
    days,
    named,
    published,
    rows,
    seal,
    withdrawn,
)

MOBILE = "13900001234"


def test_the_first_complaint_opens_a_clue_for_the_competent_authority_and_others_join_it(database: Database) -> None:
    with clock.frozen(NOON):
        consume(database, assessed("a"), assessed("b"))
        consume(database, assessed("c"))
    (clue,) = clues(database)
    assert (clue.subject_kind, clue.subject_value, clue.industry) == ("enterprise", PROVIDER, "retail")
    assert (clue.period, clue.sequence, clue.authority, clue.state) == ("2026Q2", 1, "SAMR", "open")
    assert (clue.cause, clue.correlation_id, clue.version) == (f"complaint:{named('a')}", "complaint a", 1)
    assert (clue.complaints, clue.carriers) == (None, [])
    assert complaints_by_clue(database) == {(PROVIDER, "retail", 1): complaints("a", "b", "c")}
    (opened,) = published(database, "clue-opened.v1")
    assert opened["counts"] == {"complaints": 1, "complainants": 1, "vouched": 1, "senders": 1}
    assert (opened["carriers"], opened["causes"]) == (["CMCC"], [f"complaint:{named('a')}"])
    assert (opened["category"], opened["opened_at"]) == ("commercial", "2026-06-10T12:34:56Z")


def test_the_id_of_a_clue_contains_the_hour_and_nothing_finer(database: Database) -> None:
    with clock.frozen(NOON):
        consume(database, assessed("a"))
    (clue,) = clues(database)
    assert clue.id.version == 7
    assert datetime.fromtimestamp((clue.id.int >> 80) / 1000, UTC) == NOON.replace(minute=0, second=0)


def test_clue_opened_carries_the_message_as_its_cause(database: Database) -> None:
    message = assessed("a")
    consume(database, message)
    (row,) = rows(
        database,
        "SELECT convert_from(payload, 'UTF8')::jsonb ->> 'causationid' AS causation, "
        "convert_from(payload, 'UTF8')::jsonb ->> 'correlationid' AS correlation FROM outbox",
    )
    assert (row.causation, row.correlation) == (str(message.id), "complaint a")


def test_each_subject_industry_and_quarter_has_its_own_clue(database: Database) -> None:
    with clock.frozen(NOON):
        consume(
            database,
            assessed("other provider", provider=OTHER_PROVIDER),
            assessed("other industry", industry="education"),
            assessed("crime", category="suspected-crime"),
            assessed("last quarter", received=datetime(2026, 3, 31, 15, tzinfo=UTC)),
            assessed("this quarter", received=datetime(2026, 3, 31, 16, tzinfo=UTC)),
            assessed("signature", provider=None),
            assessed("number", MOBILE, kind="p2p"),
        )
    assert {(row.subject_kind, row.industry, row.period, row.authority) for row in clues(database)} == {
        ("enterprise", "retail", "2026Q2", "SAMR"),
        ("enterprise", "education", "2026Q2", "MOE"),
        ("enterprise", "crime", "2026Q2", "MPS"),
        ("enterprise", "retail", "2026Q1", "SAMR"),
        ("signature", "retail", "2026Q2", "SAMR"),
        ("number", "retail", "2026Q2", "SAMR"),
    }
    assert {len(complaints) for complaints in complaints_by_clue(database).values()} == {1}
    assert len(clues(database)) == 7


@pytest.mark.parametrize(
    ("industry", "authority"), [("unknown", None), ("telecom", "MIIT")], ids=["for staff", "the regulator's own"]
)
def test_a_clue_without_an_authority_or_of_the_regulator_is_collected_and_never_sealed(
    database: Database, industry: str, authority: str | None
) -> None:
    consume(database, assessed("a", industry=industry))
    seal(database)
    (clue,) = clues(database)
    assert (clue.authority, clue.state) == (authority, "open")


def test_a_complaint_without_a_subject_is_set_aside_with_the_reason(database: Database) -> None:
    consume(database, assessed("a", "无", kind="other", provider=None, signature=None))
    assert clues(database) == []
    (row,) = rows(database, "SELECT counts, set_aside, clue_id FROM evidence")
    assert tuple(row) == (True, "no-subject", None)


def test_withdrawn_complaints_and_those_not_about_spam_are_in_no_clue(database: Database) -> None:
    consume(database, assessed("otp", category="not-spam"), withdrawn("back"))
    consume(database, assessed("back", version=2))
    assert clues(database) == []
    assert {row.clue_id for row in rows(database, "SELECT clue_id FROM evidence WHERE NOT counts")} == {None}
    assert len(rows(database, "SELECT 1 FROM evidence")) == 2


# ------------------------------------------------------------------------------------- corrected while the clue is open


def test_a_corrected_complaint_moves_to_the_clue_where_it_belongs(database: Database) -> None:
    consume(database, assessed("a"), assessed("b"))
    consume(database, assessed("a", version=3, industry="education"), assessed("c", industry="education"))
    assert complaints_by_clue(database) == {
        (PROVIDER, "retail", 1): complaints("b"),
        (PROVIDER, "education", 1): complaints("a", "c"),
    }
    consume(database, assessed("a", version=4))
    assert complaints_by_clue(database)[PROVIDER, "retail", 1] == complaints("a", "b")


def test_the_excerpt_of_a_withdrawn_complaint_is_erased(database: Database) -> None:
    consume(database, assessed("a"), assessed("b"))
    consume(database, withdrawn("a"))
    assert [bool(row.excerpt) for row in rows(database, "SELECT excerpt FROM evidence ORDER BY counts")] == [
        False,
        True,
    ]


def test_a_complaint_that_is_withdrawn_or_corrected_to_not_spam_leaves_its_clue(database: Database) -> None:
    consume(database, *(assessed(name) for name in "abc"))
    consume(database, withdrawn("a"), assessed("b", version=3, category="not-spam"))
    assert complaints_by_clue(database) == {(PROVIDER, "retail", 1): complaints("c")}
    assert published(database, "clue-opened.v1")[0]["sequence"] == 1
    assert clues(database)[0].version == 1


def test_a_clue_that_all_complaints_left_is_not_sealed_until_another_joins(database: Database) -> None:
    consume(database, assessed("a"))
    consume(database, withdrawn("a"))
    seal(database)
    assert clues(database)[0].state == "open"
    consume(database, assessed("b"))
    assert complaints_by_clue(database) == {(PROVIDER, "retail", 1): complaints("b")}
    seal(database)
    assert clues(database)[0].state == "referred"


def test_messages_received_again_in_any_order_change_nothing(database: Database) -> None:
    messages = [
        *(assessed(name) for name in "abc"),
        *(assessed("a", version=3, industry="education"), withdrawn("b")),
    ]
    consume(database, *messages)
    before = (
        complaints_by_clue(database),
        clues(database),
        rows(database, "SELECT * FROM evidence ORDER BY complaint_id"),
    )
    consume(database, *messages)
    for message in reversed(messages):
        consume(database, message)
    after = (
        complaints_by_clue(database),
        clues(database),
        rows(database, "SELECT * FROM evidence ORDER BY complaint_id"),
    )
    assert after == before
    assert len(published(database, "clue-opened.v1")) == 2


def test_a_complaint_that_is_assessed_and_withdrawn_in_one_batch_opens_no_clue(database: Database) -> None:
    consume(database, assessed("a"), withdrawn("a"))
    assert clues(database) == []
    assert [row.withdrawn for row in rows(database, "SELECT withdrawn FROM evidence")] == [True]


def test_the_inbox_filters_messages_that_were_handled_before(database: Database) -> None:
    messages = [assessed("a"), assessed("b", industry="education")]
    for _ in range(2):
        with database.begin() as tx:
            dispatch(tx, inbox.take(tx, messages), REACTIONS)
    assert len(clues(database)) == 2
    assert len(rows(database, "SELECT 1 FROM inbox")) == 2


def test_of_two_versions_received_together_the_newer_one_wins_in_any_order(database: Database) -> None:
    consume(database, assessed("a", version=3, industry="education"), assessed("a", version=2))
    consume(database, assessed("b", version=2), assessed("b", version=3, industry="education"))
    assert complaints_by_clue(database) == {(PROVIDER, "education", 1): complaints("a", "b")}


# ------------------------------------------------------------------------------------------ corrected after the sealing


def test_the_first_complaint_after_a_sealing_opens_the_next_sequence(database: Database) -> None:
    consume(database, assessed("a"))
    seal(database)
    consume(database, assessed("b"), assessed("c"))
    assert complaints_by_clue(database) == {
        (PROVIDER, "retail", 1): complaints("a"),
        (PROVIDER, "retail", 2): complaints("b", "c"),
    }
    assert [row.cause for row in clues(database)] == [f"complaint:{named(name)}" for name in "ab"]


def test_a_complaint_in_a_sealed_clue_stays_while_it_belongs_there(database: Database) -> None:
    consume(database, assessed("a"))
    seal(database)
    consume(database, assessed("a", version=3, excerpt="another excerpt"))
    assert complaints_by_clue(database) == {(PROVIDER, "retail", 1): complaints("a")}
    assert len(clues(database)) == 1


@pytest.mark.parametrize(
    ("overrides", "place"),
    [
        ({"industry": "education"}, (PROVIDER, "education", 1)),
        ({"category": "suspected-crime"}, (PROVIDER, "crime", 1)),
        ({"provider": OTHER_PROVIDER}, (OTHER_PROVIDER, "retail", 1)),
        ({"provider": None}, (SIGNATURE, "retail", 1)),
        ({"received": NOON + days(60)}, (PROVIDER, "retail", 1)),
    ],
    ids=["another industry", "a suspected crime", "another provider", "a signature", "another quarter"],
)
def test_a_complaint_in_a_sealed_clue_that_belongs_elsewhere_joins_the_open_clue_there(
    database: Database, overrides: dict[str, object], place: tuple[str, str, int]
) -> None:
    consume(database, assessed("a"), assessed("b"))
    seal(database)
    consume(database, assessed("a", version=3, **overrides))  # type: ignore[arg-type]
    (moved,) = rows(
        database,
        "SELECT c.* FROM evidence AS e JOIN clues AS c ON c.id = e.clue_id WHERE e.complaint_id = :id",
        id=named("a"),
    )
    assert (moved.subject_value, moved.industry, moved.sequence) == place
    assert moved.state == "open"
    (sealed,) = [row for row in clues(database) if row.state == "referred"]
    assert (sealed.complaints, sealed.version) == (2, 2)
    consume(database, assessed("a", version=4))
    assert complaints_by_clue(database)[PROVIDER, "retail", 2] == complaints("a")


def test_a_withdrawn_complaint_leaves_a_sealed_clue_and_the_counts_stay(database: Database) -> None:
    consume(database, assessed("a"), assessed("b"))
    seal(database)
    consume(database, withdrawn("a"))
    assert complaints_by_clue(database) == {(PROVIDER, "retail", 1): complaints("b")}
    assert clues(database)[0].complaints == 2


def test_a_clue_that_was_changed_concurrently_is_not_written(database: Database) -> None:
    consume(database, assessed("a", industry="unknown"))
    with database.begin() as tx:
        (clue,) = load_clues(tx, [clues(database)[0].id])
        clue.route("MOE", tx.cause)
        tx.cursor().execute("UPDATE clues SET version = 7")
        with pytest.raises(StaleAggregateError):
            save_clues(tx, [clue])


def test_two_thousand_complaints_take_a_fixed_number_of_statements(database: Database) -> None:
    executed: list[str] = []

    def note(*args: object) -> None:
        executed.append(str(args[2]))

    def statements(count: int) -> int:
        messages = [crime(f"{count} {n}", f"139{n:08}") for n in range(count)]
        executed.clear()
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            consume(database, *messages)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        return len(executed)

    assert statements(2_000) == statements(2) < 12
    assert len(clues(database)) == 2_000


def test_capped_and_unvouched_complaints_are_collected_but_do_not_count_as_vouched(database: Database) -> None:
    consume(database, assessed("a"), assessed("b", vouched=False), assessed("c", capped=True), assessed("d", by="a"))
    seal(database)
    (clue,) = clues(database)
    assert (clue.complaints, clue.complainants, clue.vouched, clue.senders) == (4, 3, 1, 1)
    assert NUMBER not in {row.subject_value for row in clues(database)}
