"""The copy of the register before, during and after the upgrade of ports: the same filings at every moment."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import sqlalchemy as sa

from chassis.aggregate import Cause
from chassis.database import Database
from chassis.events.consumer import dispatch
from chassis.events.envelope import Message
from contracts.numbers import SenderNumber
from contracts.ports import PortDeclaredV1
from services.complaints.reactions import PROJECTIONS
from services.complaints.store.register import load_register
from services.ports.model import FilingContent, Port, PortFiling
from tests.integration.complaints.scenes import NUMBER, SENT, Office, filing

BECAUSE = Cause("filing", "filing")
HOLDERS = ("914401110000000000", "914401110000000001", "914401110000000002")
STARTS = (100, 30, 60, 60, 10, 100)
"""How many days ago the filings of a port begin, in the order in which they are filed: some are filed late, and some
correct another one of the same day."""

Facts = Sequence[Message[Any]]


def ago(days: float) -> datetime:
    return SENT - timedelta(days=days)


def ports() -> list[Port]:
    return [Port.unfiled("CMCC", f"{NUMBER}{last}", NUMBER[:8]) for last in range(3)] + [
        Port.unfiled("CUCC", f"{NUMBER}0", NUMBER[:8])
    ]


def file(port: Port, turn: int, *, initial: bool = True) -> None:
    content = FilingContent(
        holder=HOLDERS[(turn + int(port.number[-1])) % len(HOLDERS)],
        holder_name="示例信息公司",
        provider=HOLDERS[turn % 2],
        provider_name="虚构优选",
        signature=f"虚构{turn}",
        purpose="notice",
        province=None,
        covers_extensions=turn % 2 == 0,
    )
    recorded_at = ago(9) + timedelta(minutes=turn)
    port.declare(
        PortFiling.of(
            content,
            valid_from=ago(STARTS[turn]),
            recorded_at=recorded_at,
            grace=timedelta(),
            initial=initial,
            filed_by=(),
        ),
        BECAUSE,
    )


def published(port: Port) -> Facts:
    """What the current release publishes."""
    return [Message(uuid4(), each.event, each.version, SENT, BECAUSE) for each in port.drain()]


def snapshot(port: Port) -> Message[Any]:
    """What the last release publishes in place of that, and what it leaves in the database."""
    port.drain()
    port.history_version = 0
    filings = [{**msgspec.to_builtins(each), "filing": each.id} for each in port.filings]
    state = {name: getattr(port, name) for name in ("carrier", "number", "access_code", "status")}
    return Message(uuid4(), msgspec.convert(state | {"filings": filings}, PortDeclaredV1), port.version, SENT, BECAUSE)


def project(database: Database, facts: Facts) -> None:
    (projection,) = PROJECTIONS
    with database.begin() as tx:
        dispatch(tx, [each for each in facts if type(each.event) in projection.handlers], projection.handlers)


def seen(database: Database) -> list[Any]:
    """What the register has about numbers and an extension at many moments, and the holders of their access code."""
    found: list[Any] = []
    for number in (f"{NUMBER}0", f"{NUMBER}1", f"{NUMBER}2", f"{NUMBER}07", NUMBER):
        sender = SenderNumber.parse(number)
        for at in (ago(each + half) for each in {*STARTS, 200} for half in (-0.5, 0, 0.5)):
            with database.read() as read:
                part = load_register(read, [(sender, at)])
            filed = sorted((port.carrier, port.number, filing.filing) for port, filing in part.filed(sender, at))
            holders = sorted((each.carrier, each.holder, each.since) for of in part.holders.values() for each in of)
            found.append((number, at, filed, holders))
    return found


def forget(database: Database) -> None:
    with database.begin() as tx:
        for table in PROJECTIONS[0].tables:
            tx.execute(sa.delete(table))


@pytest.mark.parametrize("seed", range(3))
def test_the_register_is_the_same_before_during_and_after_the_upgrade_of_ports(database: Database, seed: int) -> None:
    dice, history = random.Random(seed), ports()
    old: list[Message[Any]] = []
    for turn in range(len(STARTS) - 1):
        for port in history:
            file(port, turn)
            old.append(snapshot(port))
    project(database, old)
    before = seen(database)
    assert any(filed for _, _, filed, _ in before)
    assert any(holders for _, _, _, holders in before)

    new: list[Message[Any]] = []
    for port in history:
        port.publish_history(BECAUSE)
        new += published(port)
    shuffled = dice.sample(new, len(new))
    for first in range(0, len(shuffled), 5):
        project(database, shuffled[first : first + 5])
        assert seen(database) == before
    project(database, dice.sample(old + new, len(old + new)))
    assert seen(database) == before

    # After compaction the topics have no fact of the last release.
    forget(database)
    project(database, dice.sample(new, len(new)))
    assert seen(database) == before


def test_a_filing_after_the_upgrade_gives_the_same_register_as_a_rebuild_from_compacted_topics(
    database: Database,
) -> None:
    history, facts = ports(), dict[str, Message[Any]]()
    for turn in range(len(STARTS)):
        for port in history:
            file(port, turn)
            new = published(port)
            facts |= {each.event.key: each for each in new}
            project(database, new)
    before = seen(database)
    forget(database)
    project(database, [*facts.values()])
    assert seen(database) == before


def test_the_statistics_count_the_ports_of_the_copy(office: Office) -> None:
    office.declare(filing(), filing())
    office.declare(filing(), carrier="CUCC")
    assert office.get("/statistics").json()["ports_known"] == 2


def test_of_two_filings_that_overlap_until_the_end_of_the_first_is_received_the_later_one_is_in_force(
    database: Database,
) -> None:
    port = ports()[0]
    file(port, 0)
    project(database, published(port))
    file(port, 1)
    entered, ended, _ = published(port)
    project(database, [entered])
    sender, at = SenderNumber.parse(port.number), ago(1)
    with database.read() as read:
        ((_, filing),) = load_register(read, [(sender, at)]).filed(sender, at)
    assert filing.filing == entered.event.filing
    project(database, [ended])
    with database.read() as read:
        ((_, filing),) = load_register(read, [(sender, at)]).filed(sender, at)
    assert filing.filing == entered.event.filing


# --------------------------------------------------------------------------------------------------------- back-dating

PREFIX, SIBLING = f"{NUMBER[:12]}", f"{NUMBER[:-1]}0"


def content(holder: str, *, covers_extensions: bool) -> FilingContent:
    return FilingContent(
        holder=holder,
        holder_name="示例信息公司",
        provider=HOLDERS[0],
        provider_name="云杉文化传播有限公司",
        signature="云杉书店",
        purpose="marketing",
        province=None,
        covers_extensions=covers_extensions,
    )


def filed(number: str, *filings: tuple[str, float, bool, bool], by: tuple[str, ...] = ()) -> Facts:
    """The facts about a port of CMCC with these filings: holder, begin in days ago, coverage, whether initial. They are
    recorded today, filed by the carrier or by these persons."""
    port = Port.unfiled("CMCC", number, NUMBER[:8])
    for holder, begin, covers, initial in filings:
        port.declare(
            PortFiling.of(
                content(holder, covers_extensions=covers),
                valid_from=ago(begin),
                recorded_at=ago(-60),
                grace=timedelta(days=30),
                initial=initial,
                filed_by=by,
            ),
            BECAUSE,
        )
    return published(port)


LOADED, LATE = (HOLDERS[0], 100.0, True, True), (HOLDERS[1], 50.0, False, False)

BACK_DATED: dict[str, tuple[Facts, Facts]] = {
    "another holder": (filed(NUMBER, LOADED), filed(NUMBER, LOADED, LATE)),
    "a correction": (filed(NUMBER, LOADED), filed(NUMBER, LOADED, (HOLDERS[1], 100.0, False, False))),
    "the exact number": (filed(PREFIX, LOADED), [*filed(PREFIX, LOADED), *filed(NUMBER, LATE)]),
    "the prefix": (filed(PREFIX, LOADED), filed(PREFIX, LOADED, LATE)),
    "the access code": (filed(SIBLING, LOADED), filed(SIBLING, LOADED, LATE)),
    "another number of the access code": (
        filed(SIBLING, LOADED),
        [*filed(SIBLING, LOADED), *filed(f"{SIBLING}7", LATE)],
    ),
}
"""The facts about an initial load, and about the same ports after a filing that is back-dated by another holder."""


def attribution_of(office: Office, name: str) -> dict[str, Any]:
    """The attribution of a new complaint about NUMBER."""
    complaint = office.file(name)["id"]
    office.assess()
    found: dict[str, Any] = office.get(f"/complaints/{complaint}").json()["assessment"]["attribution"]
    return found


@pytest.mark.parametrize("case", BACK_DATED)
def test_a_back_dated_filing_changes_no_attribution_in_whatever_order_it_is_received(
    office: Office, database: Database, case: str
) -> None:
    loaded, late = BACK_DATED[case]
    project(database, loaded)
    before = attribution_of(office, "app-1")
    assert before["holder"] == HOLDERS[0]
    for seed in range(3):
        forget(database)
        project(database, random.Random(seed).sample(late, len(late)))
        assert attribution_of(office, f"app-{seed + 2}") == before


@pytest.mark.parametrize(("number", "covers"), [(NUMBER, False), (PREFIX, True)])
def test_a_back_dated_filing_of_a_number_without_one_only_claims_it(
    office: Office, database: Database, number: str, covers: bool
) -> None:
    project(database, filed(number, (HOLDERS[1], 50.0, covers, False)))
    found = attribution_of(office, "app-1")
    assert (found["kind"], found["carrier"], found["holder"], found["provider"]) == ("declared-late", None, None, None)
    assert (found["claimed_holder"], found["claimed_provider"]) == (HOLDERS[1], HOLDERS[0])
    (payload,) = office.payloads()
    assert HOLDERS[1].encode() in payload
    assert office.get(f"/register/{NUMBER}?at={SENT.isoformat().replace('+', '%2B')}").json()["filings"] == []
    assert office.get("/statistics").json()["attribution"]["declared-late"] == 1


def test_the_persons_who_filed_a_port_are_in_the_chain_of_complaints_about_it(
    office: Office, database: Database
) -> None:
    project(database, filed(NUMBER, LOADED, by=("li",)))
    assert attribution_of(office, "app-1")["kind"] == "declared"
    (payload,) = office.payloads()
    assert json.loads(payload)["actors"] == "li"


def test_what_staff_file_does_not_show_who_holds_an_access_code(office: Office, database: Database) -> None:
    project(database, filed(SIBLING, LOADED, by=("li",)))
    found = attribution_of(office, "app-1")
    assert (found["kind"], found["carrier"], found["holder"]) == ("unregistered", None, None)
