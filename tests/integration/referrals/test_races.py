"""Concurrency: workers that consume, sweeps that seal, authorities and staff that act."""

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
from chassis.events import inbox
from chassis.events.consumer import dispatch
from chassis.events.envelope import Message
from chassis.sweeper import Chore, Slice, Sweep
from chassis.target import Target
from contracts.referrals import Conclusion
from contracts.vocabulary import ReturnReason
from services.referrals.access import EVERYTHING, Visibility
from services.referrals.commands.clues import conclude_clue, receive_batch, return_clue, route_clue
from services.referrals.reactions import REACTIONS
from services.referrals.sweeps import ENDED_QUARTERS, ORDERED_SEALINGS, OVERDUE_CLUES, URGENT_SEALINGS
from tests.integration.races import again, all_at_once, in_batches
from tests.integration.referrals.scenes import (
    assessed,
    batches,
    clues,
    complaints,
    complaints_by_clue,
    consume,
    crime,
    days,
    order_sealing,
    published,
    rows,
    seal,
    withdrawn,
)

HOT = [f"签名{n}" for n in range(8)]
SAMR = Visibility(authority="SAMR")
WARNED = Conclusion(
    code="warned", amount=None, enterprise=None, decision=None, merged_into=None, transferred_to=None, note=None
)


class Staff:
    """National staff."""

    subject = "staff"
    organisation = "regulator:MIIT"


def any_version(_: int) -> None:
    """As `If-Match: *`."""


def consumer_of(database: Database, messages: Sequence[Message[Any]], batch: int) -> Callable[[], int]:
    return lambda: in_batches(partial(consume, database), messages, batch)


def signed(name: str, signature: str, **overrides: Any) -> Message[Any]:
    return assessed(name, provider=None, signature=signature, **overrides)


def step(database: Database, sweep: Sweep | Chore, limit: int) -> int:
    with database.begin() as tx:
        return sweep.run(tx, Slice(limit))


def gaps(database: Database) -> Sequence[Any]:
    """Aggregates whose versions are out of order in the outbox, or have a gap."""
    return rows(
        database,
        "SELECT aggregateid FROM outbox GROUP BY aggregatetype, aggregateid "
        "HAVING array_agg(version ORDER BY position) <> array_agg(version ORDER BY version) "
        "OR max(version) <> count(*) OR min(version) <> 1",
    )


def lost(database: Database) -> Sequence[Any]:
    """Complaints that count but are neither in a clue nor set aside, or are in a clue where they do not belong."""
    return rows(
        database,
        "SELECT e.complaint_id FROM evidence AS e LEFT JOIN clues AS c ON c.id = e.clue_id "
        "WHERE (e.counts AND e.set_aside IS NULL) <> (c.id IS NOT NULL) OR (c.id IS NOT NULL AND "
        "(c.subject_kind, c.subject_value, c.industry, c.period) "
        "<> (e.subject_kind, e.subject_value, e.industry, e.period))",
    )


def test_two_workers_with_complaints_of_one_subject_open_one_clue(database: Database) -> None:
    for n in range(20):
        halves = [[signed(f"{n} {half} {each}", f"签名{n}") for each in range(3)] for half in range(2)]
        all_at_once(*(consumer_of(database, half, 3) for half in halves))
    assert Counter(row.subject_value for row in clues(database)) == {f"签名{n}": 1 for n in range(20)}
    assert lost(database) == []
    assert {row.n for row in rows(database, "SELECT count(*) AS n FROM evidence GROUP BY clue_id")} == {6}


def test_two_workers_add_complaints_to_one_open_clue_at_the_same_time(database: Database) -> None:
    consume(database, signed("first", "签名"))
    with database.begin() as tx:
        dispatch(tx, [signed("a", "签名")], REACTIONS)
        # Where it had to wait for the first worker, it would fail after the lock time-out.
        consume(database, signed("b", "签名"))
    assert complaints_by_clue(database) == {("签名", "retail", 1): complaints("first", "a", "b")}


def test_two_workers_open_clues_about_different_subjects_at_the_same_time(database: Database) -> None:
    with database.begin() as tx:
        dispatch(tx, [signed("a", "签名1")], REACTIONS)
        consume(database, signed("b", "签名2"))
    assert len(clues(database)) == 2


def test_a_clue_is_not_sealed_while_a_worker_adds_complaints_to_it(database: Database) -> None:
    consume(database, signed("first", "签名"))
    with database.begin() as tx:
        order_sealing(tx)
    with database.begin() as tx:
        dispatch(tx, [signed("a", "签名")], REACTIONS)
        assert step(database, ORDERED_SEALINGS, 10) == 0
    assert step(database, ORDERED_SEALINGS, 10) == 1
    assert [row.complaints for row in clues(database)] == [2]


def moving_partitions(database: Database, dice: random.Random, messages: Sequence[Message[Any]]) -> Callable[[], int]:
    """A worker that receives these messages from six partitions, each in its order, as after a rebalancing: what it
    receives was processed by another worker before, is processed now, or is new."""
    queues: list[list[Message[Any]]] = [[] for _ in range(6)]
    for each in messages:
        queues[each.event.complaint.int % 6].append(each)
    received = []
    while any(queues):
        received.append(dice.choice([each for each in queues if each]).pop(0))

    def consume_new(*batch: Message[Any]) -> None:
        with database.begin() as tx:
            dispatch(tx, inbox.take(tx, batch), REACTIONS)

    return lambda: in_batches(consume_new, received, dice.randint(10, 30))


def test_workers_that_receive_the_same_messages_lose_and_duplicate_nothing(database: Database) -> None:
    dice = random.Random(7)
    messages = [signed(f"{signature} {n}", signature) for signature in HOT for n in range(25)]
    dice.shuffle(messages)
    messages += [
        signed(f"{signature} {n}", dice.choice(HOT), version=3, industry=dice.choice(["retail", "games"]))
        for signature in HOT
        for n in range(0, 25, 2)
    ]
    messages += [withdrawn(f"{signature} {n}", version=4) for signature in HOT for n in range(0, 25, 5)]
    refused = all_at_once(*(moving_partitions(database, random.Random(seed), messages) for seed in range(4)))
    assert sum(refused) == 0, "a deadlock"
    assert lost(database) == []
    assert gaps(database) == []
    assert len(rows(database, "SELECT 1 FROM inbox")) == len(messages)
    assert len(rows(database, "SELECT 1 FROM evidence WHERE withdrawn AND clue_id IS NULL")) == len(HOT) * 5
    assert Counter(row.version for row in rows(database, "SELECT version FROM evidence")) == {2: 80, 3: 80, 4: 40}
    assert max(Counter((row.subject_value, row.industry, row.period) for row in clues(database)).values()) == 1


def test_sealing_while_complaints_arrive_loses_none(database: Database) -> None:
    dice = random.Random(3)
    messages = [signed(f"{signature} {n}", signature) for signature in HOT for n in range(40)]
    messages += [crime(f"crime {n}", f"1390000000{n % 5}") for n in range(60)]
    dice.shuffle(messages)
    over = threading.Event()

    def consume_all() -> int:
        half = len(messages) // 2
        try:
            return sum(
                all_at_once(consumer_of(database, messages[:half], 10), consumer_of(database, messages[half:], 10))
            )
        finally:
            over.set()

    def keep_sealing() -> None:
        while not over.is_set():
            with database.begin() as tx:
                order_sealing(tx)
            again(lambda: step(database, URGENT_SEALINGS, 3))
            again(lambda: step(database, ORDERED_SEALINGS, 3))

    all_at_once(consume_all, keep_sealing, keep_sealing)
    seal(database)
    assert lost(database) == []
    assert gaps(database) == []
    # Without corrections each clue contains exactly the complaints it was sealed with, and together they are all.
    counted = rows(
        database,
        "SELECT c.id, c.complaints, count(e.complaint_id) AS inside FROM clues AS c "
        "LEFT JOIN evidence AS e ON e.clue_id = c.id GROUP BY c.id",
    )
    assert [row for row in counted if row.complaints != row.inside] == []
    assert sum(row.complaints for row in counted) == len(messages)
    assert len(counted) > len(HOT) + 5
    documents = rows(database, "SELECT clue_id, count(*) AS n FROM documents GROUP BY clue_id")
    assert {row.clue_id: row.n for row in documents} == {row.id: 1 for row in counted}
    sequences = rows(
        database,
        "SELECT array_agg(sequence ORDER BY sequence) AS numbers FROM clues "
        "GROUP BY subject_kind, subject_value, industry, period",
    )
    assert all(row.numbers == list(range(1, len(row.numbers) + 1)) for row in sequences)


def test_concurrent_sweeps_seal_a_clue_once(database: Database) -> None:
    consume(database, *(signed(f"{n}", f"签名{n}") for n in range(60)))
    with database.begin() as tx:
        order_sealing(tx)
        order_sealing(tx)
    all_at_once(*[lambda: [again(lambda: step(database, ORDERED_SEALINGS, 4)) for _ in range(25)]] * 4)
    assert sum(row.clues for row in batches(database)) == 60
    assert len(published(database, "clue-referred.v1")) == 60
    assert gaps(database) == []


def test_concurrent_sweeps_order_a_quarter_once(database: Database) -> None:
    all_at_once(*[lambda: step(database, ENDED_QUARTERS, 5)] * 6)
    assert len(rows(database, "SELECT 1 FROM sealings")) == 1


def test_concurrent_sweeps_mark_a_clue_overdue_once(database: Database) -> None:
    consume(database, *(signed(f"{n}", f"签名{n}") for n in range(20)))
    seal(database)

    def look() -> None:
        for _ in range(10):
            step(database, OVERDUE_CLUES, 3)

    with clock.shifted(days(31)):
        all_at_once(look, look, look)
    assert len(published(database, "clue-overdue.v1")) == 20


def test_a_receipt_and_acts_on_its_clues_never_deadlock(database: Database) -> None:
    consume(database, *(signed(f"{n}", f"签名{n:02}") for n in range(30)))
    seal(database)
    (batch,) = batches(database)
    sealed = clues(database)

    def receive() -> str:
        try:
            with database.begin() as tx:
                receive_batch(tx, batch.id, SAMR, batch.digest)
        except ConflictError as error:
            return error.code
        return "received"

    def act() -> None:
        for n, row in enumerate(reversed(sealed)):
            with database.begin() as tx:
                target = Target(row.id, SAMR, Staff(), any_version)
                if n % 2:
                    conclude_clue(tx, target, WARNED)
                else:
                    return_clue(tx, target, ReturnReason.OTHER_REGION, None, None)

    results = all_at_once(receive, receive, act)
    assert sorted(results[:2]) == ["batch-is-received", "received"]
    assert Counter(row.state for row in clues(database)) == {"concluded": 15, "returned": 15}
    assert len(published(database, "batch-received.v1")) == 1
    assert gaps(database) == []


def test_staff_conclude_or_route_an_open_clue_while_complaints_arrive_and_none_is_lost(database: Database) -> None:
    messages = [signed(f"{signature} {n}", signature, industry="unknown") for signature in HOT for n in range(20)]
    consume(database, *messages[::20])
    opened = clues(database)

    def act() -> None:
        for n, row in enumerate(opened):
            target = Target(row.id, EVERYTHING, Staff(), any_version)
            with database.begin() as tx:
                if n % 2:
                    conclude_clue(tx, target, WARNED)
                else:
                    route_clue(tx, target, "SAMR", "a shop")

    shuffled = random.Random(1).sample(messages, len(messages))
    refused = all_at_once(consumer_of(database, shuffled[:80], 5), consumer_of(database, shuffled[80:], 5), act)
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
