"""Simultaneous transactions: two workers, the API that files, carriers that answer, sweeps that check deadlines."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from chassis import clock
from chassis.aggregate import ConflictError
from chassis.database import Database
from chassis.events.envelope import Message
from chassis.sweeper import Slice
from services.ports.access import Visibility
from services.ports.commands.enquiries import answer_enquiry
from services.ports.commands.filings import FilingOutcome
from services.ports.commands.orders import acknowledge_order
from services.ports.model import Answer
from services.ports.sweeps import OVERDUE_ORDERS, UNANSWERED_ENQUIRIES
from tests.integration.ports.scenes import (
    NUMBER,
    assessed,
    consume,
    enquiries,
    file,
    form,
    hours,
    orders,
    published,
    rows,
    target,
    unregistered,
)
from tests.integration.races import again, all_at_once, in_batches

HOT = [f"{NUMBER[:10]}{n}" for n in range(10)]


def consumer(database: Database, messages: Sequence[Message[Any]], batch: int) -> Callable[[], int]:
    return lambda: in_batches(partial(consume, database), messages, batch)


def test_two_workers_and_the_api_on_ten_hot_numbers_lose_and_duplicate_nothing(database: Database) -> None:
    dice = random.Random(7)
    complaints = [
        assessed(f"{number} {n}", number, by=f"person {n % 40}", kind="unregistered")
        for number in HOT
        for n in range(60)
    ]
    # Both receive everything, each in its own order, as after a rebalance: every complaint counts once.
    deliveries = [dice.sample(complaints, len(complaints)) for _ in range(2)]

    def file_hot_numbers() -> None:
        for number in dice.sample(HOT, len(HOT)):
            again(lambda number=number: file(database, form(number)))  # type: ignore[misc]

    all_at_once(*(consumer(database, each, 25) for each in deliveries), file_hot_numbers)
    consume(database, *(assessed(f"{number} last", number) for number in HOT))

    assert len(rows(database, "SELECT 1 FROM evidence")) == len(complaints) + len(HOT)
    placed = Counter(row.number for row in orders(database))
    assert placed == dict.fromkeys(HOT, 1)
    assert {row.ground for row in orders(database)} == {"commercial"}
    assert published(database, "shutdown-ordered.v1") == len(HOT)
    # Enquiries about a number were sent before it was filed or not at all, but never twice.
    assert max(Counter((row.carrier, row.number) for row in enquiries(database)).values(), default=1) == 1


def test_two_workers_that_each_receive_half_a_window_create_one_order(database: Database) -> None:
    for round_ in range(15):
        number = f"{NUMBER[:10]}{round_:03}"
        file(database, form(number))
        halves = [[assessed(f"{number} {half} {n}", number) for n in range(3)] for half in range(2)]
        all_at_once(*(consumer(database, half, 3) for half in halves))
    assert Counter(row.number for row in orders(database)) == {f"{NUMBER[:10]}{n:03}": 1 for n in range(15)}


def test_a_number_filed_while_its_enquiry_expires_is_never_shut_as_unregistered(database: Database) -> None:
    numbers = [f"1065712345{n:02}" for n in range(30)]
    for number in numbers:
        consume(database, unregistered(f"{number} a", number), unregistered(f"{number} b", number))

    def file_all() -> None:
        # From the end, while the sweeps start at the beginning: they meet in the middle.
        for number in reversed(numbers):
            again(lambda number=number: file(database, form(number, declared_from=None)))  # type: ignore[misc]

    def sweep() -> None:
        for _ in numbers:
            again(lambda: _conclude(database, 1))

    with clock.shifted(hours(25)):
        all_at_once(file_all, sweep, sweep)
    shut = {row.number for row in orders(database)}
    filed = {row.number for row in rows(database, "SELECT number FROM filings WHERE decision = 'accepted'")}
    assert shut.isdisjoint(filed)
    assert shut | filed == set(numbers)
    assert shut
    assert filed


def _conclude(database: Database, limit: int) -> None:
    with database.begin() as tx:
        UNANSWERED_ENQUIRIES.run(tx, Slice(limit))


def test_an_admission_after_a_covering_filing_leads_to_no_order(database: Database) -> None:
    for n in range(12):
        prefix = f"10657123{n:02}"
        number = f"{prefix}99"
        consume(database, unregistered(f"{number} a", number), unregistered(f"{number} b", number))
        (enquiry,) = [row for row in enquiries(database) if row.number == number]

        def admit(enquiry: Any = enquiry) -> None:
            try:
                with database.begin() as tx:
                    answer_enquiry(tx, target(enquiry.id, Visibility(carrier="CMCC")), Answer.MINE_UNFILED, None)
            except ConflictError:
                pass

        def cover(prefix: str = prefix) -> None:
            file(database, form(prefix, covers_extensions=True, declared_from=None))

        all_at_once(lambda: again(admit), lambda: again(cover))
        order = [row for row in orders(database) if row.number == number]
        filed_at = rows(database, "SELECT recorded_at FROM filings WHERE number = :number", number=prefix)[0][0]
        # Both can have happened, but then the order came first.
        assert all(row.ordered_at <= filed_at for row in order)


def test_an_order_is_marked_overdue_once_by_any_number_of_workers(database: Database) -> None:
    for number in HOT:
        file(database, form(number))
        consume(database, *(assessed(f"{number} {n}", number) for n in range(5)))

    def mark() -> None:
        for _ in range(10):
            with database.begin() as tx:
                OVERDUE_ORDERS.run(tx, Slice(3))

    with clock.shifted(hours(3)):
        all_at_once(mark, mark, mark)
    assert published(database, "order-overdue.v1") == len(HOT)


def test_a_simultaneous_acknowledgement_and_ground_fall_are_both_stored(database: Database) -> None:
    for number in HOT:
        file(database, form(number))
        consume(database, *(assessed(f"{number} {n}", number) for n in range(5)))
    placed = orders(database)

    def acknowledge() -> None:
        for row in placed:
            with database.begin() as tx:
                acknowledge_order(tx, target(row.id))

    def correct() -> None:
        for number in reversed(HOT):
            consume(database, assessed(f"{number} 0", number, version=3, category="not-spam"))

    all_at_once(acknowledge, correct)
    for row in orders(database):
        assert (row.state, row.version) == ("acknowledged", 3)
        assert row.ground_fell_at is not None
    versions = rows(
        database,
        "SELECT aggregateid, array_agg(version ORDER BY position) AS versions FROM outbox "
        "WHERE aggregatetype = 'order' GROUP BY aggregateid",
    )
    assert [row.versions for row in versions] == [[1, 2, 3]] * len(HOT)


def test_simultaneous_equal_filings_are_stored_once(database: Database) -> None:
    for n in range(10):
        number = f"{NUMBER[:10]}{n:03}"
        filed = all_at_once(*[lambda number=number: file(database, form(number))] * 3)
        outcomes = sorted(each[0].outcome for each in filed)
        assert outcomes == [FilingOutcome.ACCEPTED, FilingOutcome.KNOWN, FilingOutcome.KNOWN]
    assert len(rows(database, "SELECT 1 FROM ports")) == 10


def test_files_with_the_same_ports_in_different_order_do_not_deadlock(database: Database) -> None:
    dice = random.Random(3)
    numbers = [f"{NUMBER[:8]}{n:04}" for n in range(300)]

    def file_many(carrier: str) -> Callable[[], int]:
        shuffled = dice.sample(numbers, len(numbers))
        return lambda: again(lambda: file(database, *(form(number, carrier=carrier) for number in shuffled)))

    refused = all_at_once(file_many("CMCC"), file_many("CUCC"), file_many("CTCC"), file_many("CMCC"))
    assert sum(refused) == 0
    assert len(rows(database, "SELECT 1 FROM ports")) == 3 * len(numbers)


def test_the_outbox_has_every_version_of_every_aggregate_without_a_gap(database: Database) -> None:
    file(database, *(form(number) for number in HOT))
    complaints = [assessed(f"{number} {n}", number) for number in HOT for n in range(12)]
    corrected = [
        assessed(f"{number} {n}", number, version=3, category="not-spam") for number in HOT for n in range(0, 12, 2)
    ]
    dice = random.Random(11)
    all_at_once(
        consumer(database, dice.sample(complaints, len(complaints)), 10),
        consumer(database, dice.sample(corrected, len(corrected)), 10),
    )
    gaps = rows(
        database,
        "SELECT aggregateid FROM outbox GROUP BY aggregatetype, aggregateid "
        "HAVING array_agg(version ORDER BY position) <> array_agg(version ORDER BY version) "
        "OR max(version) <> count(*)",
    )
    assert gaps == []
    # In any order: in the end six of each number's complaints count, the newest version of each.
    counting = rows(database, "SELECT number, count(*) AS n FROM evidence WHERE counts GROUP BY number")
    assert {row.number: row.n for row in counting} == dict.fromkeys(HOT, 6)
