"""Many at once: two workers that react, the API that files, carriers that answer, sweeps that look at deadlines."""

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
from services.ports.commands.filings import Outcome
from services.ports.commands.orders import acknowledge_order
from services.ports.model import Answer
from services.ports.sweeps import conclude_unanswered_enquiries, mark_overdue_orders
from tests.integration.ports.scenes import (
    NUMBER,
    assessed,
    enquiries,
    file,
    form,
    hear,
    hours,
    orders,
    published,
    rows,
    target,
    unregistered,
)
from tests.integration.races import again, all_at_once, in_batches

HOT = [f"{NUMBER[:10]}{n}" for n in range(10)]


def work_off(database: Database, messages: Sequence[Message[Any]], batch: int) -> Callable[[], int]:
    return lambda: in_batches(partial(hear, database), messages, batch)


def test_two_workers_and_the_api_on_ten_hot_numbers_lose_and_double_nothing(database: Database) -> None:
    dice = random.Random(7)
    heard = [
        assessed(f"{number} {n}", number, by=f"person {n % 40}", kind="unregistered")
        for number in HOT
        for n in range(60)
    ]
    # Both hear everything, each in an order of its own, as after a rebalance: what counts is counted once.
    orders_of_hearing = [dice.sample(heard, len(heard)) for _ in range(2)]

    def file_hot_numbers() -> None:
        for number in dice.sample(HOT, len(HOT)):
            again(lambda number=number: file(database, form(number)))  # type: ignore[misc]

    all_at_once(*(work_off(database, each, 25) for each in orders_of_hearing), file_hot_numbers)
    hear(database, *(assessed(f"{number} last", number) for number in HOT))

    assert len(rows(database, "SELECT 1 FROM evidence")) == len(heard) + len(HOT)
    placed = Counter(row.number for row in orders(database))
    assert placed == dict.fromkeys(HOT, 1)
    assert {row.ground for row in orders(database)} == {"commercial"}
    assert published(database, "shutdown-ordered.v1") == len(HOT)
    # Numbers were asked about before they were filed or not at all, but never twice.
    assert max(Counter((row.carrier, row.number) for row in enquiries(database)).values(), default=1) == 1


def test_two_workers_that_each_hear_half_a_window_make_one_order_together(database: Database) -> None:
    for round_ in range(15):
        number = f"{NUMBER[:10]}{round_:03}"
        file(database, form(number))
        halves = [[assessed(f"{number} {half} {n}", number) for n in range(3)] for half in range(2)]
        all_at_once(*(work_off(database, half, 3) for half in halves))
    assert Counter(row.number for row in orders(database)) == {f"{NUMBER[:10]}{n:03}": 1 for n in range(15)}


def test_a_number_that_is_filed_while_its_enquiry_runs_out_is_never_shut_as_unregistered(database: Database) -> None:
    numbers = [f"1065712345{n:02}" for n in range(30)]
    for number in numbers:
        hear(database, unregistered(f"{number} a", number), unregistered(f"{number} b", number))

    def file_all() -> None:
        # From the end, while the sweeps come from the beginning: they meet in the middle.
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
        conclude_unanswered_enquiries(tx, Slice(limit))


def test_a_covering_filing_and_an_admission_never_both_win(database: Database) -> None:
    for n in range(12):
        prefix = f"10657123{n:02}"
        number = f"{prefix}99"
        hear(database, unregistered(f"{number} a", number), unregistered(f"{number} b", number))
        (asked,) = [row for row in enquiries(database) if row.number == number]

        def admit(asked: Any = asked) -> None:
            try:
                with database.begin() as tx:
                    answer_enquiry(tx, target(asked.id, Visibility(carrier="CMCC")), Answer.MINE_UNFILED, None)
            except ConflictError:
                pass

        def cover(prefix: str = prefix) -> None:
            file(database, form(prefix, covers_extensions=True, declared_from=None))

        all_at_once(lambda: again(admit), lambda: again(cover))
        order = [row for row in orders(database) if row.number == number]
        filed_at = rows(database, "SELECT recorded_at FROM filings WHERE number = :number", number=prefix)[0][0]
        # Both may have happened, but then the order came first.
        assert all(row.ordered_at <= filed_at for row in order)


def test_an_order_is_overdue_once_however_many_look(database: Database) -> None:
    for number in HOT:
        file(database, form(number))
        hear(database, *(assessed(f"{number} {n}", number) for n in range(5)))

    def look() -> None:
        for _ in range(10):
            with database.begin() as tx:
                mark_overdue_orders(tx, Slice(3))

    with clock.shifted(hours(3)):
        all_at_once(look, look, look)
    assert published(database, "order-overdue.v1") == len(HOT)


def test_an_acknowledgement_and_a_falling_ground_both_arrive(database: Database) -> None:
    for number in HOT:
        file(database, form(number))
        hear(database, *(assessed(f"{number} {n}", number) for n in range(5)))
    placed = orders(database)

    def acknowledge() -> None:
        for row in placed:
            with database.begin() as tx:
                acknowledge_order(tx, target(row.id))

    def correct() -> None:
        for number in reversed(HOT):
            hear(database, assessed(f"{number} 0", number, version=3, category="not-spam"))

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


def test_the_same_filing_by_two_at_once_is_one_filing(database: Database) -> None:
    for n in range(10):
        number = f"{NUMBER[:10]}{n:03}"
        filed = all_at_once(*[lambda number=number: file(database, form(number))] * 3)
        told = sorted(each[0].outcome for each in filed)
        assert told == [Outcome.ACCEPTED, Outcome.KNOWN, Outcome.KNOWN]
    assert len(rows(database, "SELECT 1 FROM ports")) == 10


def test_files_that_name_the_same_ports_in_another_order_do_not_block_each_other(database: Database) -> None:
    dice = random.Random(3)
    numbers = [f"{NUMBER[:8]}{n:04}" for n in range(300)]

    def file_many(carrier: str) -> Callable[[], int]:
        shuffled = dice.sample(numbers, len(numbers))
        return lambda: again(lambda: file(database, *(form(number, carrier=carrier) for number in shuffled)))

    refused = all_at_once(file_many("CMCC"), file_many("CUCC"), file_many("CTCC"), file_many("CMCC"))
    assert sum(refused) == 0
    assert len(rows(database, "SELECT 1 FROM ports")) == 3 * len(numbers)


def test_every_version_of_everything_is_in_the_outbox_without_a_gap(database: Database) -> None:
    file(database, *(form(number) for number in HOT))
    heard = [assessed(f"{number} {n}", number) for number in HOT for n in range(12)]
    corrected = [
        assessed(f"{number} {n}", number, version=3, category="not-spam") for number in HOT for n in range(0, 12, 2)
    ]
    dice = random.Random(11)
    all_at_once(
        work_off(database, dice.sample(heard, len(heard)), 10),
        work_off(database, dice.sample(corrected, len(corrected)), 10),
    )
    gaps = rows(
        database,
        "SELECT aggregateid FROM outbox GROUP BY aggregatetype, aggregateid "
        "HAVING array_agg(version ORDER BY position) <> array_agg(version ORDER BY version) "
        "OR max(version) <> count(*)",
    )
    assert gaps == []
    # Whatever came first: in the end six of each number's complaints count, the newest version of each.
    counting = rows(database, "SELECT number, count(*) AS n FROM evidence WHERE counts GROUP BY number")
    assert {row.number: row.n for row in counting} == dict.fromkeys(HOT, 6)
