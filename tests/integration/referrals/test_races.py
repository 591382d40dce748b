"""Many at once: workers that hear, sweeps that seal, authorities and staff that act."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from chassis import clock
from chassis.aggregate import ConflictError
from chassis.database import Database
from chassis.events.envelope import Message
from chassis.sweeper import Slice
from contracts.referrals import Conclusion
from contracts.vocabulary import ReturnReason
from services.referrals.commands.clues import Upon, conclude_clue, conclude_ourselves, return_clue, route_clue
from services.referrals.commands.receipts import receive_batch
from services.referrals.store.sealings import order_sealing
from services.referrals.store.sight import EVERYTHING, Sight
from services.referrals.sweeps import mark_overdue_clues, seal_what_is_ordered, seal_what_is_urgent
from tests.integration.races import again, all_at_once, in_batches
from tests.integration.referrals.scenes import (
    assessed,
    batches,
    clues,
    crime,
    days,
    hear,
    published,
    rows,
    seal,
    withdrawn,
)

HOT = [f"签名{n}" for n in range(8)]
SAMR = Sight(authority="SAMR")
WARNED = Conclusion(
    code="warned", amount=None, enterprise=None, decision=None, merged_into=None, transferred_to=None, note=None
)


class Staff:
    """Somebody at the ministry."""

    subject = "staff"
    organisation = "regulator:MIIT"


def of_any_version(_: int) -> None:
    """As `If-Match: *`."""


def work_off(database: Database, messages: Sequence[Message[Any]], batch: int) -> Callable[[], int]:
    return lambda: in_batches(partial(hear, database), messages, batch)


def signed(name: str, signature: str, **say: Any) -> Message[Any]:
    return assessed(name, provider=None, signature=signature, **say)


def step(database: Database, run: Callable[[Any, Slice], int], limit: int) -> int:
    with database.begin() as tx:
        return run(tx, Slice(limit))


def gaps(database: Database) -> Sequence[Any]:
    """Aggregates whose versions are not told in order, without a gap."""
    return rows(
        database,
        "SELECT aggregateid FROM outbox GROUP BY aggregatetype, aggregateid "
        "HAVING array_agg(version ORDER BY position) <> array_agg(version ORDER BY version) "
        "OR max(version) <> count(*) OR min(version) <> 1",
    )


def lost(database: Database) -> Sequence[Any]:
    """Complaints that count and are in no clue though they are not set aside, or are where they do not belong."""
    return rows(
        database,
        "SELECT e.complaint_id FROM evidence AS e LEFT JOIN clues AS c ON c.id = e.clue_id "
        "WHERE (e.counts AND e.set_aside IS NULL) <> (c.id IS NOT NULL) OR (c.id IS NOT NULL AND "
        "(c.subject_kind, c.subject_value, c.industry, c.period) "
        "<> (e.subject_kind, e.subject_value, e.industry, e.period))",
    )


def test_two_workers_whose_halves_of_a_subject_come_at_once_make_one_clue(database: Database) -> None:
    for n in range(20):
        halves = [[signed(f"{n} {half} {each}", f"签名{n}") for each in range(3)] for half in range(2)]
        all_at_once(*(work_off(database, half, 3) for half in halves))
    assert Counter(row.subject_value for row in clues(database)) == {f"签名{n}": 1 for n in range(20)}
    assert lost(database) == []
    assert {row.n for row in rows(database, "SELECT count(*) AS n FROM evidence GROUP BY clue_id")} == {6}


def test_workers_that_hear_the_same_in_another_order_lose_and_double_nothing(database: Database) -> None:
    dice = random.Random(7)
    heard = [signed(f"{signature} {n}", signature) for signature in HOT for n in range(25)]
    heard += [
        signed(f"{signature} {n}", dice.choice(HOT), version=3, industry=dice.choice(["retail", "games"]))
        for signature in HOT
        for n in range(0, 25, 2)
    ]
    heard += [withdrawn(f"{signature} {n}", version=4) for signature in HOT for n in range(0, 25, 5)]
    refused = all_at_once(*(work_off(database, dice.sample(heard, len(heard)), 20) for _ in range(3)))
    assert sum(refused) == 0, "somebody waited in a circle"
    assert lost(database) == []
    assert gaps(database) == []
    assert len(rows(database, "SELECT 1 FROM evidence WHERE withdrawn AND clue_id IS NULL")) == len(HOT) * 5
    assert {row.version for row in rows(database, "SELECT DISTINCT version FROM evidence")} == {2, 3, 4}
    assert max(Counter((row.subject_value, row.industry, row.period) for row in clues(database)).values()) == 1


def test_sealing_while_complaints_arrive_loses_none(database: Database) -> None:
    dice = random.Random(3)
    heard = [signed(f"{signature} {n}", signature) for signature in HOT for n in range(40)]
    heard += [crime(f"crime {n}", f"1390000000{n % 5}") for n in range(60)]
    dice.shuffle(heard)
    over = threading.Event()

    def listen() -> int:
        half = len(heard) // 2
        try:
            return sum(all_at_once(work_off(database, heard[:half], 10), work_off(database, heard[half:], 10)))
        finally:
            over.set()

    def keep_sealing() -> None:
        while not over.is_set():
            with database.begin() as tx:
                order_sealing(tx, None, None, "a test", "staff", clock.now())
            again(lambda: step(database, seal_what_is_urgent, 3))
            again(lambda: step(database, seal_what_is_ordered, 3))

    all_at_once(listen, keep_sealing, keep_sealing)
    seal(database)
    assert lost(database) == []
    assert gaps(database) == []
    # Nothing was corrected: what each clue was sealed with is exactly what is in it, and all of it is everything.
    counted = rows(
        database,
        "SELECT c.id, c.complaints, count(e.complaint_id) AS inside FROM clues AS c "
        "LEFT JOIN evidence AS e ON e.clue_id = c.id GROUP BY c.id",
    )
    assert [row for row in counted if row.complaints != row.inside] == []
    assert sum(row.complaints for row in counted) == len(heard)
    assert len(counted) > len(HOT) + 5
    documents = rows(database, "SELECT clue_id, count(*) AS n FROM documents GROUP BY clue_id")
    assert {row.clue_id: row.n for row in documents} == {row.id: 1 for row in counted}
    sequences = rows(
        database,
        "SELECT array_agg(sequence ORDER BY sequence) AS told FROM clues "
        "GROUP BY subject_kind, subject_value, industry, period",
    )
    assert all(row.told == list(range(1, len(row.told) + 1)) for row in sequences)


def test_many_sweeps_seal_a_clue_once(database: Database) -> None:
    hear(database, *(signed(f"{n}", f"签名{n}") for n in range(60)))
    with database.begin() as tx:
        order_sealing(tx, None, None, "a test", "staff", clock.now())
        order_sealing(tx, None, None, "another", "staff", clock.now())
    all_at_once(*[lambda: [again(lambda: step(database, seal_what_is_ordered, 4)) for _ in range(25)]] * 4)
    assert sum(row.clues for row in batches(database)) == 60
    assert len(published(database, "clue-referred.v1")) == 60
    assert gaps(database) == []


def test_a_quarter_is_ordered_once_however_many_look(database: Database) -> None:
    all_at_once(*[lambda: step(database, seal_what_is_ordered, 5)] * 6)
    assert len(rows(database, "SELECT 1 FROM sealings")) == 1


def test_a_clue_is_overdue_once_however_many_look(database: Database) -> None:
    hear(database, *(signed(f"{n}", f"签名{n}") for n in range(20)))
    seal(database)

    def look() -> None:
        for _ in range(10):
            step(database, mark_overdue_clues, 3)

    with clock.shifted(days(31)):
        all_at_once(look, look, look)
    assert len(published(database, "clue-overdue.v1")) == 20


def test_a_receipt_and_acts_upon_its_clues_never_wait_in_a_circle(database: Database) -> None:
    hear(database, *(signed(f"{n}", f"签名{n:02}") for n in range(30)))
    seal(database)
    (batch,) = batches(database)
    sealed = clues(database)

    def receive() -> str:
        try:
            with database.begin() as tx:
                receive_batch(tx, batch.id, "SAMR", batch.digest)
        except ConflictError as error:
            return error.code
        return "received"

    def act() -> None:
        for n, row in enumerate(reversed(sealed)):
            with database.begin() as tx:
                upon = Upon(row.id, SAMR, of_any_version)
                if n % 2:
                    conclude_clue(tx, upon, WARNED)
                else:
                    return_clue(tx, upon, ReturnReason.OTHER_REGION, None, None)

    told = all_at_once(receive, receive, act)
    assert sorted(told[:2]) == ["batch-is-received", "received"]
    assert Counter(row.state for row in clues(database)) == {"concluded": 15, "returned": 15}
    assert len(published(database, "batch-received.v1")) == 1
    assert gaps(database) == []


def test_staff_conclude_or_route_an_open_clue_while_complaints_arrive_and_none_is_lost(database: Database) -> None:
    heard = [signed(f"{signature} {n}", signature, industry="unknown") for signature in HOT for n in range(20)]
    hear(database, *heard[::20])
    opened = clues(database)

    def act() -> None:
        for n, row in enumerate(opened):
            upon = Upon(row.id, EVERYTHING, of_any_version)
            with database.begin() as tx:
                if n % 2:
                    conclude_ourselves(tx, upon, WARNED, Staff())
                else:
                    route_clue(tx, upon, "SAMR", "a shop", Staff())

    shuffled = random.Random(1).sample(heard, len(heard))
    refused = all_at_once(work_off(database, shuffled[:80], 5), work_off(database, shuffled[80:], 5), act)
    assert sum(refused[:2]) == 0
    assert lost(database) == []
    assert gaps(database) == []
    concluded = rows(
        database,
        "SELECT c.complaints, count(*) AS inside FROM clues AS c JOIN evidence AS e ON e.clue_id = c.id "
        "WHERE c.state = 'concluded' GROUP BY c.id",
    )
    assert len(concluded) == 4
    assert all(row.complaints == row.inside for row in concluded)
