"""Complaints that are heard are collected in clues: each in the one where it belongs, and in no other."""

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
    crime,
    days,
    everybody,
    hear,
    inside,
    named,
    published,
    rows,
    seal,
    withdrawn,
)

MOBILE = "13900001234"


def test_the_first_complaint_opens_a_clue_for_the_competent_authority_and_others_join_it(database: Database) -> None:
    with clock.frozen(NOON):
        hear(database, assessed("a"), assessed("b"))
        hear(database, assessed("c"))
    (clue,) = clues(database)
    assert (clue.subject_kind, clue.subject_value, clue.industry) == ("enterprise", PROVIDER, "retail")
    assert (clue.period, clue.sequence, clue.authority, clue.state) == ("2026Q2", 1, "SAMR", "open")
    assert (clue.cause, clue.correlation_id, clue.version) == (f"complaint:{named('a')}", "complaint a", 1)
    assert (clue.complaints, clue.carriers) == (None, [])
    assert inside(database) == {(PROVIDER, "retail", 1): everybody("a", "b", "c")}
    (opened,) = published(database, "clue-opened.v1")
    assert opened["counts"] == {"complaints": 1, "complainants": 1, "vouched": 1, "senders": 1}
    assert (opened["carriers"], opened["causes"]) == (["CMCC"], [f"complaint:{named('a')}"])
    assert (opened["category"], opened["opened_at"]) == ("commercial", "2026-06-10T12:34:56Z")


def test_its_identifier_tells_the_hour_and_no_more(database: Database) -> None:
    with clock.frozen(NOON):
        hear(database, assessed("a"))
    (clue,) = clues(database)
    assert clue.id.version == 7
    assert datetime.fromtimestamp((clue.id.int >> 80) / 1000, UTC) == NOON.replace(minute=0, second=0)


def test_the_fact_of_its_opening_says_which_message_caused_it(database: Database) -> None:
    message = assessed("a")
    hear(database, message)
    (told,) = rows(
        database,
        "SELECT convert_from(payload, 'UTF8')::jsonb ->> 'causationid' AS causation, "
        "convert_from(payload, 'UTF8')::jsonb ->> 'correlationid' AS correlation FROM outbox",
    )
    assert (told.causation, told.correlation) == (str(message.id), "complaint a")


def test_subjects_industries_and_quarters_are_collected_apart(database: Database) -> None:
    with clock.frozen(NOON):
        hear(
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
    assert {len(complaints) for complaints in inside(database).values()} == {1}
    assert len(clues(database)) == 7


@pytest.mark.parametrize(
    ("industry", "authority"), [("unknown", None), ("telecom", "MIIT")], ids=["for staff", "the regulator's own"]
)
def test_what_is_nobodys_or_the_regulators_own_is_collected_and_never_sealed(
    database: Database, industry: str, authority: str | None
) -> None:
    hear(database, assessed("a", industry=industry))
    seal(database)
    (clue,) = clues(database)
    assert (clue.authority, clue.state) == (authority, "open")


def test_what_has_no_subject_is_set_aside_with_the_reason(database: Database) -> None:
    hear(database, assessed("a", "无", kind="other", provider=None, signature=None))
    assert clues(database) == []
    (row,) = rows(database, "SELECT counts, set_aside, clue_id FROM evidence")
    assert tuple(row) == (True, "no-subject", None)


def test_not_spam_and_withdrawn_complaints_are_in_no_clue(database: Database) -> None:
    hear(database, assessed("otp", category="not-spam"), withdrawn("back"))
    hear(database, assessed("back", version=2))
    assert clues(database) == []
    assert {row.clue_id for row in rows(database, "SELECT clue_id FROM evidence WHERE NOT counts")} == {None}
    assert len(rows(database, "SELECT 1 FROM evidence")) == 2


# ----------------------------------------------------------------------------------------- corrected while it is open


def test_a_complaint_that_is_assessed_anew_moves_to_where_it_belongs(database: Database) -> None:
    hear(database, assessed("a"), assessed("b"))
    hear(database, assessed("a", version=3, industry="education"), assessed("c", industry="education"))
    assert inside(database) == {
        (PROVIDER, "retail", 1): everybody("b"),
        (PROVIDER, "education", 1): everybody("a", "c"),
    }
    hear(database, assessed("a", version=4))
    assert inside(database)[PROVIDER, "retail", 1] == everybody("a", "b")


def test_a_complaint_that_is_withdrawn_or_no_spam_after_all_leaves(database: Database) -> None:
    hear(database, *(assessed(name) for name in "abc"))
    hear(database, withdrawn("a"), assessed("b", version=3, category="not-spam"))
    assert inside(database) == {(PROVIDER, "retail", 1): everybody("c")}
    assert published(database, "clue-opened.v1")[0]["sequence"] == 1
    assert clues(database)[0].version == 1


def test_a_clue_that_everybody_left_is_not_sealed_and_filled_again_by_the_next(database: Database) -> None:
    hear(database, assessed("a"))
    hear(database, withdrawn("a"))
    seal(database)
    assert clues(database)[0].state == "open"
    hear(database, assessed("b"))
    assert inside(database) == {(PROVIDER, "retail", 1): everybody("b")}
    seal(database)
    assert clues(database)[0].state == "referred"


def test_what_is_heard_again_in_whatever_order_changes_nothing(database: Database) -> None:
    heard = [assessed("a"), assessed("b"), assessed("a", version=3, industry="education"), withdrawn("b")]
    hear(database, *heard)
    before = inside(database), clues(database), rows(database, "SELECT * FROM evidence ORDER BY complaint_id")
    hear(database, *heard)
    for message in reversed(heard):
        hear(database, message)
    after = inside(database), clues(database), rows(database, "SELECT * FROM evidence ORDER BY complaint_id")
    assert after == before
    assert len(published(database, "clue-opened.v1")) == 2


def test_the_inbox_keeps_what_was_heard_from_being_heard_again(database: Database) -> None:
    heard = [assessed("a"), assessed("b", industry="education")]
    for _ in range(2):
        with database.begin() as tx:
            dispatch(tx, inbox.take(tx, heard), REACTIONS)
    assert len(clues(database)) == 2
    assert len(rows(database, "SELECT 1 FROM inbox")) == 2


def test_of_two_versions_heard_together_the_newer_one_holds_whichever_came_first(database: Database) -> None:
    hear(database, assessed("a", version=3, industry="education"), assessed("a", version=2))
    hear(database, assessed("b", version=2), assessed("b", version=3, industry="education"))
    assert inside(database) == {(PROVIDER, "education", 1): everybody("a", "b")}


# ---------------------------------------------------------------------------------------- corrected when it is sealed


def test_what_comes_after_the_sealing_opens_the_next_sequence(database: Database) -> None:
    hear(database, assessed("a"))
    seal(database)
    hear(database, assessed("b"), assessed("c"))
    assert inside(database) == {(PROVIDER, "retail", 1): everybody("a"), (PROVIDER, "retail", 2): everybody("b", "c")}
    assert [row.cause for row in clues(database)] == [f"complaint:{named(name)}" for name in "ab"]


def test_a_complaint_in_a_sealed_clue_stays_while_it_belongs_there(database: Database) -> None:
    hear(database, assessed("a"))
    seal(database)
    hear(database, assessed("a", version=3, excerpt="another reading"))
    assert inside(database) == {(PROVIDER, "retail", 1): everybody("a")}
    assert len(clues(database)) == 1


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"industry": "education"}, (PROVIDER, "education", 1)),
        ({"category": "suspected-crime"}, (PROVIDER, "crime", 1)),
        ({"provider": OTHER_PROVIDER}, (OTHER_PROVIDER, "retail", 1)),
        ({"provider": None}, (SIGNATURE, "retail", 1)),
        ({"received": NOON + days(60)}, (PROVIDER, "retail", 1)),
    ],
    ids=["another industry", "a crime after all", "another provider", "a signature", "another quarter"],
)
def test_a_complaint_in_a_sealed_clue_that_belongs_elsewhere_joins_the_open_clue_there(
    database: Database, said: dict[str, object], place: tuple[str, str, int]
) -> None:
    hear(database, assessed("a"), assessed("b"))
    seal(database)
    hear(database, assessed("a", version=3, **said))  # type: ignore[arg-type]
    (moved,) = rows(
        database,
        "SELECT c.* FROM evidence AS e JOIN clues AS c ON c.id = e.clue_id WHERE e.complaint_id = :id",
        id=named("a"),
    )
    assert (moved.subject_value, moved.industry, moved.sequence) == place
    assert moved.state == "open"
    (sealed,) = [row for row in clues(database) if row.state == "referred"]
    assert (sealed.complaints, sealed.version) == (2, 2)
    hear(database, assessed("a", version=4))
    assert inside(database)[PROVIDER, "retail", 2] == everybody("a")


def test_a_complaint_that_is_withdrawn_leaves_a_sealed_clue_which_stays_as_it_was_sealed(database: Database) -> None:
    hear(database, assessed("a"), assessed("b"))
    seal(database)
    hear(database, withdrawn("a"))
    assert inside(database) == {(PROVIDER, "retail", 1): everybody("b")}
    assert clues(database)[0].complaints == 2


def test_a_clue_that_somebody_changed_in_between_is_not_written(database: Database) -> None:
    hear(database, assessed("a", industry="unknown"))
    with database.begin() as tx:
        (clue,) = load_clues(tx, [clues(database)[0].id])
        clue.route("MOE", tx.cause)
        tx.cursor().execute("UPDATE clues SET version = 7")
        with pytest.raises(StaleAggregateError):
            save_clues(tx, [clue])


def test_two_thousand_complaints_are_a_fixed_number_of_statements(database: Database) -> None:
    said: list[str] = []

    def note(*args: object) -> None:
        said.append(str(args[2]))

    def statements(count: int) -> int:
        heard = [crime(f"{count} {n}", f"139{n:08}") for n in range(count)]
        said.clear()
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            hear(database, *heard)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        return len(said)

    assert statements(2_000) == statements(2) < 12
    assert len(clues(database)) == 2_000


def test_capped_and_unvouched_complaints_are_collected_but_do_not_count_as_vouched(database: Database) -> None:
    hear(database, assessed("a"), assessed("b", vouched=False), assessed("c", capped=True), assessed("d", by="a"))
    seal(database)
    (clue,) = clues(database)
    assert (clue.complaints, clue.complainants, clue.vouched, clue.senders) == (4, 3, 1, 1)
    assert NUMBER not in {row.subject_value for row in clues(database)}
