"""Many at once: two workers that react, staff who decide, sweeps that end listings."""

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
from chassis.events.envelope import Message
from chassis.sweeper import Slice
from contracts.vocabulary import CreditList
from sandbox.scenario.cast import credit_code
from services.credit.commands.entries import EntryDecision, decide_entry, propose_by_hand, repair_entry
from services.credit.store.locks import lock_enterprises
from services.credit.sweeps import end_expired_listings
from tests.integration.credit.scenes import (
    LI,
    annulled,
    by_hand,
    confirm,
    days,
    entries,
    executed,
    fined,
    gaps,
    hear,
    lifted,
    listed,
    named,
    propose,
    published,
    rows,
    target,
    told,
)
from tests.integration.races import again, all_at_once, in_batches

CODES = [credit_code("440300", number) for number in range(10)]


def unless(code: str, act: Callable[[], object]) -> bool:
    """Do it until it succeeds, or is refused as what `code` says; whether it succeeded."""
    try:
        again(act)
    except ConflictError as conflict:
        if conflict.code != code:
            raise
        return False
    return True


def work_off(database: Database, messages: Sequence[Message[Any]], batch: int) -> Callable[[], int]:
    return lambda: in_batches(partial(hear, database), messages, batch)


def standings_told(database: Database) -> dict[str, list[str]]:
    """What others believe after every fact: by enterprise, the entries that restrict it."""
    newest = {fact["code"]: [each["entry"] for each in fact["restrictions"]] for fact in told(database, STANDING)}
    return {code: sorted(found) for code, found in newest.items() if found}


STANDING = "standing-changed.v1"


def standings_due(database: Database) -> dict[str, list[str]]:
    """What they should believe, by the entries that are effective."""
    due: dict[str, list[str]] = {}
    for row in entries(database):
        if row.state == "effective":
            due.setdefault(row.code, []).append(str(row.id))
    return {code: sorted(found) for code, found in due.items()}


def test_two_workers_that_each_hear_a_part_of_a_window_make_one_proposal_together(database: Database) -> None:
    for number, code in enumerate(CODES):
        parts = [[executed(f"{number} {part} {n}", provider=code) for n in range(2)] for part in range(2)]
        all_at_once(*(work_off(database, part, 2) for part in parts))
    assert Counter(row.code for row in entries(database)) == dict.fromkeys(CODES, 1)


def test_two_workers_that_hear_everything_in_orders_of_their_own_double_nothing(database: Database) -> None:
    dice = random.Random(7)
    heard: list[Message[Any]] = [
        *(executed(f"{code} {n}", provider=code) for code in CODES for n in range(5)),
        *(lifted(f"{code} 0", provider=code) for code in CODES),
        *(fined(f"clue of {code}", enterprise=code) for code in CODES),
    ]
    refused = all_at_once(*(work_off(database, dice.sample(heard, len(heard)), 6) for _ in range(3)))
    assert sum(refused) == 0
    assert Counter(row.code for row in entries(database) if row.ground == "fined") == dict.fromkeys(CODES, 1)
    # The order that was lifted may have led to a proposal that fell, but one stands, on orders that count.
    standing = [row for row in entries(database) if row.ground == "orders" and row.state == "proposed"]
    assert Counter(row.code for row in standing) == dict.fromkeys(CODES, 1)
    assert all(f"order:{named(f'{row.code} 0')}" not in row.causes or len(row.causes) > 3 for row in standing)
    assert gaps(database) == []


def test_a_decision_that_is_annulled_while_it_is_confirmed_lists_nobody_in_the_end(database: Database) -> None:
    hear(database, *(fined(f"clue of {code}", enterprise=code) for code in CODES))
    proposals = entries(database)

    def confirm_all() -> None:
        for row in proposals:
            unless("entry-state", lambda row=row: _confirm(database, row.id))  # type: ignore[misc]

    def annul_all() -> None:
        for code in reversed(CODES):
            again(lambda code=code: hear(database, annulled(f"clue of {code}")))  # type: ignore[misc]

    with clock.shifted(days(8)):
        all_at_once(confirm_all, annul_all)
    assert {(row.state, row.withdrawal) for row in entries(database)} == {("withdrawn", "decision-annulled")}
    assert standings_told(database) == {}
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
    """Whether somebody comes to wait for a lock; False when `acting` is done without."""
    while not acting.done():
        if rows(
            database, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            return True
    return False


def test_an_annulment_waits_for_who_is_proposing_on_the_decision_and_then_takes_it_back(database: Database) -> None:
    hear(database, fined(enterprise=CODES[1]))
    with ThreadPoolExecutor(1) as threads:
        with database.begin() as tx:
            propose_by_hand(tx, by_hand(CODES[0], causes=(f"clue:{named('clue')}",)), LI)
            annulling = threads.submit(hear, database, annulled())
            assert waits(database, annulling)
        annulling.result()
    assert {row.state for row in entries(database)} == {"withdrawn"}


def test_a_sweep_leaves_the_enterprise_that_somebody_decides_on_for_later(database: Database) -> None:
    for code in CODES:
        listed(database, code)
    with clock.shifted(days(400)):
        with database.begin() as tx:
            lock_enterprises(tx, CODES[:1])
            with database.begin() as other:
                assert end_expired_listings(other, Slice(100)) == len(CODES) - 1
        with database.begin() as tx:
            assert end_expired_listings(tx, Slice(100)) == 1


def test_two_who_decide_at_once_decide_once(database: Database) -> None:
    proposals = [propose(database, code).id for code in CODES]

    def decide(decision: EntryDecision) -> int:
        return sum(
            unless("entry-state", lambda entry=entry: _decide(database, entry, decision))  # type: ignore[misc]
            for entry in proposals
        )

    with clock.shifted(days(8)):
        done = all_at_once(lambda: decide(EntryDecision.CONFIRM), lambda: decide(EntryDecision.REJECT))
    assert sum(done) == len(CODES)
    assert standings_told(database) == standings_due(database)


def test_entries_of_one_enterprise_that_begin_and_end_at_once_leave_the_standing_that_they_add_up_to(
    database: Database,
) -> None:
    code = CODES[0]
    old = [listed(database, code) for _ in range(8)]
    new = [propose(database, code, credit_list=CreditList.DISHONEST).id for _ in range(16)]
    with clock.shifted(days(100)):
        for ending, *beginning in zip(old, new[::2], new[1::2], strict=True):
            acts = [partial(_repair, database, ending), *(partial(_confirm, database, each) for each in beginning)]
            all_at_once(*acts)
            # What is told in the end of a round would hide what was told wrong within it.
            assert standings_told(database) == standings_due(database)
    assert published(database, STANDING) == 8 + 3 * 8
    assert gaps(database) == []


def test_a_listing_expires_once_however_many_look_and_repairs_meanwhile_are_kept(database: Database) -> None:
    lists = [listed(database, code) for code in CODES]

    def look() -> None:
        for _ in range(10):
            with database.begin() as tx:
                end_expired_listings(tx, Slice(3))

    def repair_some() -> None:
        for entry in reversed(lists[5:]):
            unless("entry-state", lambda entry=entry: _repair(database, entry))  # type: ignore[misc]

    with clock.shifted(days(400)):
        all_at_once(look, look, repair_some)
        look()
    assert {row.state for row in entries(database)} <= {"expired", "repaired"}
    assert published(database, "listing-expired.v1") + published(database, "listing-repaired.v1") == len(CODES)
    assert standings_told(database) == {}
    assert gaps(database) == []


def test_batches_that_name_the_same_enterprises_in_another_order_do_not_block_each_other(database: Database) -> None:
    dice = random.Random(11)
    codes = [credit_code("440300", 100 + number) for number in range(200)]

    def fine_all(name: str) -> Callable[[], int]:
        messages = [fined(f"{name} {code}", enterprise=code) for code in dice.sample(codes, len(codes))]
        return lambda: again(lambda: hear(database, *messages))

    refused = all_at_once(fine_all("a"), fine_all("b"), fine_all("c"))
    assert sum(refused) == 0
    assert len(entries(database)) == 3 * len(codes)


def test_a_listing_takes_effect_once_though_its_orders_go_on_coming(database: Database) -> None:
    code = CODES[0]
    hear(database, *(executed(f"o{n}", provider=code) for n in range(3)))
    entry = entries(database)[0].id
    more = [executed(f"more {n}", provider=code) for n in range(20)]
    all_at_once(lambda: confirm(database, entry), work_off(database, more, 3))
    assert [row.state for row in entries(database)] == ["effective"]
    assert len(rows(database, "SELECT 1 FROM orders WHERE counts")) == 23
