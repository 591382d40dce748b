"""A listing against simultaneous transactions on its enterprise's ports: no port is missed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from chassis.aggregate import ConflictError
from chassis.database import Database
from chassis.sweeper import Slice
from services.ports.access import EVERYTHING
from services.ports.commands.filings import FilingOutcome, FilingResult
from services.ports.commands.proposals import decide_proposal, propose_shutdown
from services.ports.model import Verdict
from services.ports.sweeps import ENFORCE_LISTINGS
from tests.integration.ports.scenes import (
    HOLDER,
    NUMBER,
    OTHER_HOLDER,
    PROVIDER,
    Staff,
    consume,
    enforce,
    file,
    five,
    form,
    lift,
    named,
    orders,
    phases,
    proposals,
    repaired,
    restriction,
    rows,
    standing,
    target,
)
from tests.integration.races import again, all_at_once

CARRIERS = ("CMCC", "CUCC", "CTCC", "CBN")


class Another(Staff):
    subject = "wang"


def sweep(database: Database, times: int, limit: int = 3) -> Callable[[], None]:
    def run() -> None:
        for _ in range(times):
            with database.begin() as tx:
                ENFORCE_LISTINGS.run(tx, Slice(limit))

    def retried() -> None:
        again(run)

    return retried


def decide(database: Database, proposal: UUID, verdict: Verdict) -> bool:
    """Decide a proposal; returns whether this decision was the one that counted."""
    try:
        with database.begin() as tx:
            decide_proposal(tx, target(proposal, actor=Another()), verdict, "so be it")
    except ConflictError as conflict:
        if conflict.code != "proposal-state":
            raise
        return False
    return True


def filer(database: Database, carrier: str, numbers: list[str], filed: list[FilingResult]) -> Callable[[], None]:
    """Files these ports for HOLDER, as holder and as provider, one by one."""

    def run() -> None:
        for n, number in enumerate(numbers):
            own = form(number, carrier=carrier)
            through = form(number, carrier=carrier, holder=OTHER_HOLDER, provider=HOLDER)
            again(lambda which=through if n % 3 else own: filed.extend(file(database, which)))  # type: ignore[misc]

    return run


def lister(database: Database, entry: str, version: int, filed: list[FilingResult], after: int) -> Callable[[], None]:
    """Lists HOLDER once so many of its ports are filed at one carrier, while others are being filed."""

    def run() -> None:
        while len(filed) < after:
            time.sleep(0)
        again(lambda: consume(database, standing(restriction(entry), version=version)))

    return run


def test_a_port_is_either_filed_before_the_listing_and_shut_or_after_it_and_refused(database: Database) -> None:
    dice = random.Random(13)
    accepted: set[tuple[str, str]] = set()
    kept_out = 0
    for round_ in range(8):
        numbers = [f"{NUMBER[:8]}{round_}{n:03}" for n in range(12)]
        results: dict[str, list[FilingResult]] = {carrier: [] for carrier in CARRIERS}
        entry, version = f"round {round_}", 2 * round_ + 1
        all_at_once(
            *(filer(database, carrier, numbers, results[carrier]) for carrier in CARRIERS),
            lister(database, entry, version, results[dice.choice(CARRIERS)], dice.randrange(1, 11)),
            sweep(database, 12),
        )
        enforce(database)
        new = {
            (carrier, number)
            for carrier in CARRIERS
            for number, each in zip(numbers, results[carrier], strict=True)
            if each.outcome is FilingOutcome.ACCEPTED
        }
        refused = rows(database, "SELECT 1 FROM filings WHERE hindered_by = :entry", entry=named(entry))
        assert len(new) + len(refused) == len(CARRIERS) * len(numbers)
        kept_out += len(refused)
        # The ports of the previous rounds were reopened, and are shut again.
        accepted |= new
        cause = f"listing:{named(entry)}"
        assert {(row.carrier, row.number) for row in orders(database) if row.cause == cause} == accepted
        consume(database, repaired(version=version + 1))
        enforce(database)
    assert {row.state for row in orders(database)} == {"lifted"}
    assert accepted, "the listing always came first: this was no race"
    assert kept_out, "the listing always came last: this was no race"


def test_two_sweeps_order_every_port_once(database: Database) -> None:
    numbers = [f"{NUMBER[:8]}{n:04}" for n in range(60)]
    file(database, *(form(number) for number in numbers))
    consume(database, standing(restriction("a"), restriction("b")), standing(restriction("c"), code=PROVIDER))
    all_at_once(*[sweep(database, 25, limit=5)] * 3)
    enforce(database)
    assert sorted(row.number for row in orders(database)) == numbers
    assert phases(database) == ["shut"] * 3
    # All three end at once: orders may pass from one to another, but in the end no port is shut.
    all_at_once(
        lambda: again(lambda: consume(database, repaired())),
        lambda: again(lambda: consume(database, repaired(PROVIDER))),
        *[sweep(database, 40, limit=5)] * 2,
    )
    enforce(database)
    assert {row.state for row in orders(database)} == {"lifted"}
    assert len(orders(database)) == len(numbers)
    assert phases(database) == ["ended"] * 3


def test_an_order_that_staff_lift_while_the_sweep_concludes_leaves_no_port_open(database: Database) -> None:
    for round_ in range(12):
        numbers = [f"{NUMBER[:8]}{round_:02}{n:02}" for n in range(3)]
        file(database, *(form(number) for number in numbers))
        for number in numbers:
            consume(database, *five(number))
        placed = [row for row in orders(database) if row.number in numbers]
        consume(database, standing(restriction(f"round {round_}"), version=2 * round_ + 1))

        def lift_all(placed: list[Any] = placed) -> None:
            for row in placed:
                again(lambda row=row: lift(database, row))  # type: ignore[misc]

        all_at_once(lift_all, sweep(database, 8), sweep(database, 8))
        enforce(database)
        cause = f"listing:{named(f'round {round_}')}"
        ordered = [row.number for row in orders(database) if row.cause == cause and row.number in numbers]
        assert sorted(ordered) == numbers
        consume(database, repaired(version=2 * round_ + 2))
        enforce(database)


def test_a_listing_that_ends_while_it_is_being_enforced_leaves_nothing_shut(database: Database) -> None:
    numbers = [f"{NUMBER[:8]}{n:04}" for n in range(24)]
    file(database, *(form(number) for number in numbers))
    for round_ in range(6):
        consume(database, standing(restriction(f"round {round_}"), version=2 * round_ + 1))
        all_at_once(
            sweep(database, 10),
            sweep(database, 10),
            lambda version=2 * round_ + 2: again(lambda: consume(database, repaired(version=version))),  # type: ignore[misc]
        )
        enforce(database)
        assert {row.state for row in orders(database)} <= {"lifted"}
        assert set(phases(database)) == {"ended"}


def test_simultaneous_complaints_and_listing_lead_to_one_open_order_per_port(database: Database) -> None:
    dice = random.Random(5)
    numbers = [f"{NUMBER[:8]}{n:04}" for n in range(15)]
    file(database, *(form(number) for number in numbers))
    complaints = [each for number in numbers for each in five(number)]
    dice.shuffle(complaints)

    def complain() -> None:
        for begin in range(0, len(complaints), 10):
            again(lambda begin=begin: consume(database, *complaints[begin : begin + 10]))  # type: ignore[misc]

    all_at_once(
        complain,
        lambda: again(lambda: consume(database, standing(restriction()))),
        sweep(database, 10),
        sweep(database, 10),
    )
    enforce(database)
    assert sorted(row.number for row in orders(database)) == numbers
    # Then the listing ends: complaints give a ground for every port, so no order is lifted.
    consume(database, repaired())
    enforce(database)
    assert {row.state for row in orders(database)} == {"ordered"}
    assert all((row.ground_fell_at is not None) == (row.ground == "listing") for row in orders(database))


def test_only_one_of_two_simultaneous_decisions_on_a_proposal_succeeds(database: Database) -> None:
    for n in range(10):
        number = f"{NUMBER}{n}"
        with database.begin() as tx:
            made = propose_shutdown(tx, ("CMCC", number), "x", EVERYTHING, Staff())

        done = all_at_once(
            *(lambda made=made, each=each: decide(database, made.id, each) for each in (*Verdict, *Verdict))
        )
        assert sum(done) == 1
    shut = {row.order_id for row in proposals(database) if row.state == "shut"}
    assert {row.id for row in orders(database)} == shut


def test_a_decision_and_the_end_of_its_listing_leave_nothing_shut(database: Database) -> None:
    file(database, form())
    for round_ in range(10):
        consume(database, standing(restriction(f"round {round_}", existing="propose"), version=2 * round_ + 1))
        (waiting,) = [row for row in proposals(database) if row.state == "proposed"]

        all_at_once(
            lambda waiting=waiting: again(lambda: decide(database, waiting.id, Verdict.SHUT)),  # type: ignore[misc]
            lambda version=2 * round_ + 2: again(lambda: consume(database, repaired(version=version))),  # type: ignore[misc]
            sweep(database, 3),
        )
        enforce(database)
        assert set(phases(database)) == {"ended"}
        assert {row.state for row in orders(database)} <= {"lifted"}
