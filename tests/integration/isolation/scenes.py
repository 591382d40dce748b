"""For every sweep and every import of every service: due items, one of which the database refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from fastapi.testclient import TestClient

from chassis import clock
from chassis.database import Database
from sandbox.scenario.cast import credit_code
from tests.integration.complaints import scenes as complaints
from tests.integration.credit import scenes as credit
from tests.integration.http.issuer import Issuer
from tests.integration.ports import scenes as ports
from tests.integration.referrals import scenes as referrals


@dataclass(frozen=True)
class World:
    """The service under test: its database, and its API with the issuer of the tokens."""

    database: Database
    client: TestClient
    issuer: Issuer


@dataclass(frozen=True)
class Scene:
    """Due items of a sweep.

    `prepare` makes them. The database refuses a row of `table` that matches `fails` (a condition on NEW) and is part of
    one item. `pending` selects the items that are not done at the time `:now`; there are `items` of them, by a clock
    that is `later`.
    """

    name: str
    prepare: Callable[[World], object]
    table: str
    fails: str
    pending: str
    items: int
    later: timedelta = timedelta()


@dataclass(frozen=True)
class FileScene:
    """A file of which every line is accepted, and the database refuses a row of `table` that is part of one line:
    `failing`, by its number in the file."""

    name: str
    path: str
    org: str
    scope: str
    media_type: str
    make: Callable[[World], list[str]]
    table: str
    fails: str
    failing: int
    header: list[str] = field(default_factory=list)


# ----------------------------------------------------------------------------------------------------------- complaints


def _file_complaints(world: World) -> None:
    office = complaints.Office(world.client, world.database, world.issuer)
    # One number: all of them are of one bucket.
    for number in range(8):
        office.file(f"app-{number}", text=f"{complaints.TEXT} {number}")


def _leave_in_clear(world: World) -> None:
    office = complaints.Office(world.client, world.database, world.issuer)
    for number in range(7):
        office.leave_in_clear(office.file(f"app-{number}")["id"])


def _complaint_lines(_: World) -> list[str]:
    return [json.dumps(complaints.report(f"app-{number}", text=f"text {number}")) for number in range(12)]


# ---------------------------------------------------------------------------------------------------------------- ports

NUMBERS = [f"{ports.NUMBER[:10]}{number:03}" for number in range(7)]


def _list_holder(world: World) -> None:
    ports.file(world.database, *(ports.form(number) for number in NUMBERS))
    ports.consume(world.database, ports.standing(ports.restriction()))


def _list_without_ports(world: World) -> None:
    for number in range(4):
        code = credit_code("440300", number)
        ports.consume(world.database, ports.standing(ports.restriction(f"entry {number}"), code=code))


def _end_listing(world: World) -> None:
    _list_holder(world)
    ports.enforce(world.database)
    ports.consume(world.database, ports.repaired())


def _place_orders(world: World) -> None:
    _list_holder(world)
    ports.enforce(world.database)


def _leave_histories(world: World) -> None:
    """As the last release leaves ports: their filings are not published each by itself."""
    ports.file(world.database, *(ports.form(number) for number in NUMBERS))
    with world.database.begin() as tx:
        tx.execute(sa.text("UPDATE ports SET history_version = 0"))


def _ask(world: World) -> None:
    """Each number is on an access code of no carrier: all of them are asked."""
    for number in NUMBERS[:3]:
        messages = [ports.unregistered(f"{number} {name}", number) for name in ("a", "b", "c")]
        ports.consume(world.database, *messages)
    assert len(ports.enquiries(world.database)) == 12


_PORT = "number,carrier,province,holder_uscc,holder_name,provider_uscc,provider_name,signature,purpose,declared_from"


def _port_lines(_: World) -> list[str]:
    rest = f"CMCC,,{ports.HOLDER},示例短信信息,{ports.PROVIDER},样例服务中心,样例服务,notice,2020-01-01"
    return [f"{ports.NUMBER[:10]}{number:03},{rest}" for number in range(12)]


# ------------------------------------------------------------------------------------------------------------ referrals


def _collect(world: World, **overrides: Any) -> None:
    messages = [
        referrals.assessed(f"{number}", provider=None, signature=f"签名{number}", **overrides) for number in range(7)
    ]
    referrals.consume(world.database, *messages)


def _order_sealing(world: World) -> None:
    _collect(world)
    with world.database.begin() as tx:
        referrals.order_sealing(tx)


def _order_sealings_of_nothing(world: World) -> None:
    for _ in range(4):
        with world.database.begin() as tx:
            referrals.order_sealing(tx)


def _seal(world: World) -> None:
    _collect(world)
    referrals.seal(world.database)


def _collect_crimes(world: World) -> None:
    referrals.consume(world.database, *(referrals.crime(f"{n}", f"1390000{n:04}") for n in range(7)))


def _conclusion_lines(world: World) -> list[str]:
    _seal(world)
    return [json.dumps({"clue": str(row.id), "code": "warned"}) for row in _by_value(world)]


def _by_value(world: World) -> list[Any]:
    return sorted(referrals.clues(world.database), key=lambda row: str(row.subject_value))


# --------------------------------------------------------------------------------------------------------------- credit

ENTERPRISES = [credit_code("440300", number) for number in range(6)]


def _list_enterprises(world: World) -> None:
    for code in ENTERPRISES:
        credit.listed(world.database, code)


# ----------------------------------------------------------------------------------------------------------------------

SCENES: dict[tuple[str, str], tuple[Scene | FileScene, ...]] = {
    ("complaints", "assess"): (
        Scene(
            name="complaints about one number",
            prepare=_file_complaints,
            table="complaints",
            fails="NEW.external_id = 'app-3' AND NEW.state = 'assessed'",
            pending="complaints WHERE state = 'filed'",
            items=8,
        ),
    ),
    ("complaints", "seal-complaints"): (
        Scene(
            name="content of the last release",
            prepare=_leave_in_clear,
            table="complaints",
            fails="NEW.external_id = 'app-3' AND NEW.text IS NULL",
            pending="complaints WHERE text IS NOT NULL",
            items=7,
        ),
    ),
    ("complaints", "import-complaints"): (
        FileScene(
            name="complaints",
            path="/complaint-imports",
            org="channel:app",
            scope="complaints:file",
            media_type="application/x-ndjson",
            make=_complaint_lines,
            table="complaints",
            fails="NEW.external_id = 'app-7'",
            failing=8,
        ),
    ),
    ("ports", "overdue-orders"): (
        Scene(
            name="orders",
            prepare=_place_orders,
            table="orders",
            fails=f"NEW.number = '{NUMBERS[4]}'",
            pending="orders WHERE due_at < :now",
            items=7,
            later=timedelta(hours=3),
        ),
    ),
    ("ports", "unanswered-enquiries"): (
        Scene(
            name="enquiries about one number to several carriers",
            prepare=_ask,
            table="enquiries",
            fails=f"NEW.number = '{NUMBERS[1]}' AND NEW.carrier = 'CMCC'",
            pending="enquiries WHERE state = 'sent'",
            items=12,
            later=timedelta(hours=48),
        ),
    ),
    ("ports", "publish-histories"): (
        Scene(
            name="histories of the last release",
            prepare=_leave_histories,
            table="ports",
            fails=f"NEW.number = '{NUMBERS[4]}'",
            pending="ports WHERE history_version <> version",
            items=7,
        ),
    ),
    ("ports", "enforce-listings"): (
        Scene(
            name="ports to shut",
            prepare=_list_holder,
            table="orders",
            fails=f"NEW.number = '{NUMBERS[4]}'",
            pending="listed_ports WHERE order_id IS NULL",
            items=7,
        ),
        Scene(
            name="ports to lift",
            prepare=_end_listing,
            table="orders",
            fails=f"NEW.number = '{NUMBERS[4]}'",
            pending="orders WHERE state <> 'lifted'",
            items=7,
        ),
        Scene(
            name="listings without ports",
            prepare=_list_without_ports,
            table="listings",
            fails=f"NEW.code = '{credit_code('440300', 2)}'",
            pending="listings WHERE phase = 'shutting'",
            items=4,
        ),
    ),
    ("ports", "import-filings"): (
        FileScene(
            name="filings",
            path="/filing-imports",
            org="carrier:CMCC",
            scope="ports:file",
            media_type="text/csv",
            header=[_PORT],
            make=_port_lines,
            table="filings",
            fails=f"NEW.number = '{ports.NUMBER[:10]}006'",
            failing=8,
        ),
    ),
    ("referrals", "ordered-sealings"): (
        Scene(
            name="clues",
            prepare=_order_sealing,
            table="clues",
            fails="NEW.subject_value = '签名3'",
            pending="clues WHERE state = 'open'",
            items=7,
        ),
        Scene(
            name="sealings to close",
            prepare=_order_sealings_of_nothing,
            table="sealings",
            fails="NEW.id = (SELECT id FROM sealings ORDER BY id OFFSET 1 LIMIT 1)",
            pending="sealings WHERE done_at IS NULL",
            items=4,
        ),
    ),
    ("referrals", "urgent-sealings"): (
        Scene(
            name="crimes",
            prepare=_collect_crimes,
            table="clues",
            fails="NEW.subject_value = '13900000003'",
            pending="clues WHERE state = 'open'",
            items=7,
        ),
    ),
    ("referrals", "overdue-clues"): (
        Scene(
            name="clues",
            prepare=_seal,
            table="clues",
            fails="NEW.subject_value = '签名3'",
            pending="clues WHERE due_at < :now",
            items=7,
            later=timedelta(days=31),
        ),
    ),
    ("referrals", "import-conclusions"): (
        FileScene(
            name="conclusions",
            path="/conclusion-imports",
            org="authority:SAMR",
            scope="clues:act",
            media_type="application/x-ndjson",
            make=_conclusion_lines,
            table="clues",
            fails="NEW.subject_value = '签名3'",
            failing=4,
        ),
    ),
    ("credit", "expired-listings"): (
        Scene(
            name="entries",
            prepare=_list_enterprises,
            table="entries",
            fails=f"NEW.code = '{ENTERPRISES[3]}'",
            pending="entries WHERE state = 'effective'",
            items=6,
            later=timedelta(days=374),
        ),
    ),
}
"""The scenes of each sweep, by service and name; an import is the sweep `import-KIND`."""

CHORES = {
    ("complaints", "hash-receipts"): "one statement, which fails for no row",
    ("complaints", "seal-import-digests"): "it encrypts 32 bytes of each row, which fails for none",
    ("complaints", "watch-channels"): "it counts; there are no items",
    ("referrals", "ended-quarters"): "it orders one sealing; there are no items",
}
"""Why a chore of a service needs no scene."""


def pending(database: Database, scene: Scene) -> int:
    """How many items of the scene are not done."""
    parameters = {"now": clock.now()} if ":now" in scene.pending else {}
    return int(ports.rows(database, f"SELECT count(*) FROM {scene.pending}", **parameters)[0][0])
