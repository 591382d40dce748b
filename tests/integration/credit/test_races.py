"""Concurrency: workers that handle facts, staff who decide, sweeps that end listings."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.aggregate import ConflictError
from chassis.database import Database
from chassis.events.consumer import dispatch
from chassis.events.envelope import Message
from chassis.sweeper import Slice
from contracts.vocabulary import CreditList
from sandbox.scenario.cast import credit_code
from services.credit.commands.entries import EntryDecision, decide_entry, propose_by_hand, repair_entry
from services.credit.reactions import REACTIONS
from services.credit.store.locks import lock_enterprises
from services.credit.sweeps import EXPIRED_LISTINGS
from tests.integration.credit.scenes import (
    LI,
    annulled,
    by_hand,
    confirm,
    consume,
    days,
    entries,
    executed,
    fined,
    gaps,
    lifted,
    listed,
    named,
    propose,
    published,
    published_data,
    rows,
    target,
    three_orders,
)
from tests.integration.races import again, all_at_once, in_batches

CODES = [credit_code("440300", number) for number in range(10)]


def unless(code: str, act: Callable[[], object]) -> bool:
    """Repeat the act until it succeeds or raises the conflict `code`; whether it succeeded."""
    try:
        again(act)
    except ConflictError as conflict:
        if conflict.code != code:
            raise
        return False
    return True


def worker(database: Database, messages: Sequence[Message[Any]], batch: int) -> Callable[[], int]:
    return lambda: in_batches(partial(consume, database), messages, batch)


def standings_published(database: Database) -> dict[str, list[str]]:
    """The restrictions by the published facts: entries by enterprise."""
    newest = {
        fact["code"]: [each["entry"] for each in fact["restrictions"]] for fact in published_data(database, STANDING)
    }
    return {code: sorted(found) for code, found in newest.items() if found}


STANDING = "standing-changed.v1"


def standings_due(database: Database) -> dict[str, list[str]]:
    """The restrictions by the effective entries: entries by enterprise."""
    due: dict[str, list[str]] = {}
    for row in entries(database):
        if row.state == "effective":
            due.setdefault(row.code, []).append(str(row.id))
    return {code: sorted(found) for code, found in due.items()}


def test_two_workers_handle_facts_about_different_enterprises_at_the_same_time(database: Database) -> None:
    with database.begin() as tx:
        dispatch(tx, [fined("a", enterprise=CODES[0])], REACTIONS)
        # Where it had to wait for the first worker, it would fail after the lock time-out.
        consume(database, fined("b", enterprise=CODES[1]), *three_orders(provider=CODES[2]))
    assert Counter(row.code for row in entries(database)) == dict.fromkeys(CODES[:3], 1)


def test_a_worker_waits_for_another_one_with_orders_against_the_same_enterprise(database: Database) -> None:
    one, two, three = three_orders(provider=CODES[0])
    with ThreadPoolExecutor(1) as threads:
        with database.begin() as tx:
            dispatch(tx, [one, two], REACTIONS)
            counting = threads.submit(consume, database, three)
            assert waits(database, counting)
        counting.result()
    assert [len(row.causes) for row in entries(database)] == [3]


def test_two_workers_that_each_receive_a_part_of_a_window_make_one_proposal(database: Database) -> None:
    for number, code in enumerate(CODES):
        parts = [[executed(f"{number} {part} {n}", provider=code) for n in range(2)] for part in range(2)]
        all_at_once(*(worker(database, part, 2) for part in parts))
    assert Counter(row.code for row in entries(database)) == dict.fromkeys(CODES, 1)


def test_workers_that_receive_the_same_facts_in_different_orders_make_no_duplicates(database: Database) -> None:
    dice = random.Random(7)
    messages: list[Message[Any]] = [
        *(executed(f"{code} {n}", provider=code) for code in CODES for n in range(5)),
        *(lifted(f"{code} 0", provider=code) for code in CODES),
        *(fined(f"clue of {code}", enterprise=code) for code in CODES),
    ]
    refused = all_at_once(*(worker(database, dice.sample(messages, len(messages)), 6) for _ in range(3)))
    assert sum(refused) == 0
    assert Counter(row.code for row in entries(database) if row.ground == "fined") == dict.fromkeys(CODES, 1)
    # The lifted order may have led to a proposal that was withdrawn; one remains, whose orders count.
    standing = [row for row in entries(database) if row.ground == "orders" and row.state == "proposed"]
    assert Counter(row.code for row in standing) == dict.fromkeys(CODES, 1)
    assert all(f"order:{named(f'{row.code} 0')}" not in row.causes or len(row.causes) > 3 for row in standing)
    assert gaps(database) == []


def test_a_decision_that_is_annulled_during_confirmation_leaves_no_listing(database: Database) -> None:
    consume(database, *(fined(f"clue of {code}", enterprise=code) for code in CODES))
    proposals = entries(database)

    def confirm_all() -> None:
        for row in proposals:
            unless("entry-state", lambda row=row: _confirm(database, row.id))  # type: ignore[misc]

    def annul_all() -> None:
        for code in reversed(CODES):
            again(lambda code=code: consume(database, annulled(f"clue of {code}")))  # type: ignore[misc]

    with clock.shifted(days(8)):
        all_at_once(confirm_all, annul_all)
    assert {(row.state, row.withdrawal) for row in entries(database)} == {("withdrawn", "decision-annulled")}
    assert standings_published(database) == {}
    assert gaps(database) == []


def _confirm(database: Database, entry: UUID) -> None:
    _decide(database, entry, EntryDecision.CONFIRM)


def _decide(database: Database, entry: UUID, decision: EntryDecision) -> None:
    with database.begin() as tx:
        decide_entry(tx, target(entry), decision, "because")


def _repair(database: Database, entry: UUID) -> None:
    with database.begin() as tx:
        repair_entry(tx, target(entry, LI), "all put right")


def waits(database: Database, acting: Future[None]) -> bool:
    """Whether a transaction waits for a lock before `acting` is done."""
    while not acting.done():
        if rows(
            database, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            return True
    return False


def test_an_annulment_waits_for_a_proposal_that_names_the_decision_and_then_withdraws_it(database: Database) -> None:
    consume(database, fined(enterprise=CODES[1]))
    with ThreadPoolExecutor(1) as threads:
        with database.begin() as tx:
            propose_by_hand(tx, by_hand(CODES[0], causes=(f"clue:{named('clue')}",)), LI)
            annulling = threads.submit(consume, database, annulled())
            assert waits(database, annulling)
        annulling.result()
    assert {row.state for row in entries(database)} == {"withdrawn"}


def test_a_sweep_skips_an_enterprise_that_is_locked_by_a_decision(database: Database) -> None:
    for code in CODES:
        listed(database, code)
    with clock.shifted(days(400)):
        with database.begin() as tx:
            lock_enterprises(tx, CODES[:1])
            with database.begin() as other:
                assert EXPIRED_LISTINGS.run(other, Slice(100)) == len(CODES) - 1
        with database.begin() as tx:
            assert EXPIRED_LISTINGS.run(tx, Slice(100)) == 1


def test_of_two_concurrent_decisions_one_succeeds(database: Database) -> None:
    proposals = [propose(database, code).id for code in CODES]

    def decide(decision: EntryDecision) -> int:
        return sum(
            unless("entry-state", lambda entry=entry: _decide(database, entry, decision))  # type: ignore[misc]
            for entry in proposals
        )

    with clock.shifted(days(8)):
        done = all_at_once(lambda: decide(EntryDecision.CONFIRM), lambda: decide(EntryDecision.REJECT))
    assert sum(done) == len(CODES)
    assert standings_published(database) == standings_due(database)


def test_concurrent_starts_and_ends_of_listings_leave_the_standing_that_follows_from_the_entries(
    database: Database,
) -> None:
    code = CODES[0]
    old = [listed(database, code) for _ in range(8)]
    new = [propose(database, code, credit_list=CreditList.DISHONEST).id for _ in range(16)]
    with clock.shifted(days(100)):
        for ending, *beginning in zip(old, new[::2], new[1::2], strict=True):
            acts = [partial(_repair, database, ending), *(partial(_confirm, database, each) for each in beginning)]
            all_at_once(*acts)
            # Checked after each round: the last fact of all would hide a wrong one before it.
            assert standings_published(database) == standings_due(database)
    assert published(database, STANDING) == 8 + 3 * 8
    assert gaps(database) == []


def test_a_listing_expires_once_during_concurrent_sweeps_and_repairs(database: Database) -> None:
    lists = [listed(database, code) for code in CODES]

    def sweep() -> None:
        for _ in range(10):
            with database.begin() as tx:
                EXPIRED_LISTINGS.run(tx, Slice(3))

    def repair_some() -> None:
        for entry in reversed(lists[5:]):
            unless("entry-state", lambda entry=entry: _repair(database, entry))  # type: ignore[misc]

    with clock.shifted(days(400)):
        all_at_once(sweep, sweep, repair_some)
        sweep()
    assert {row.state for row in entries(database)} <= {"expired", "repaired"}
    assert published(database, "listing-expired.v1") + published(database, "listing-repaired.v1") == len(CODES)
    assert standings_published(database) == {}
    assert gaps(database) == []


def test_batches_with_the_same_enterprises_in_different_orders_do_not_deadlock(database: Database) -> None:
    """Fines, annulments and orders are mixed, so that a batch has many runs of one type."""
    dice = random.Random(11)
    codes = [credit_code("440300", 100 + number) for number in range(200)]

    def fine_all(name: str) -> Callable[[], int]:
        messages: list[Message[Any]] = []
        for code in dice.sample(codes, len(codes)):
            messages += fined(f"{name} {code}", enterprise=code), executed(f"{name} {code}", provider=code)
        for code in dice.sample(codes[:50], 50):
            messages.append(annulled(f"{name} {code}"))
        return lambda: again(lambda: consume(database, *messages))

    refused = all_at_once(fine_all("a"), fine_all("b"), fine_all("c"))
    assert sum(refused) == 0
    found = Counter((row.ground, row.state) for row in entries(database))
    assert found == {
        ("fined", "proposed"): 3 * 150,
        ("fined", "withdrawn"): 3 * 50,
        ("orders", "proposed"): len(codes),
    }


def test_a_listing_takes_effect_once_while_more_orders_arrive(database: Database) -> None:
    code = CODES[0]
    consume(database, *(executed(f"o{n}", provider=code) for n in range(3)))
    entry = entries(database)[0].id
    more = [executed(f"more {n}", provider=code) for n in range(20)]
    all_at_once(lambda: confirm(database, entry), worker(database, more, 3))
    assert [row.state for row in entries(database)] == ["effective"]
    assert len(rows(database, "SELECT 1 FROM orders WHERE counts")) == 23
