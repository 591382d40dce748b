"""Facts of other services: clues and orders at the newest version received, and the names of enterprises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from chassis.events.envelope import Message
from contracts.ports import FilingRecorded, OrderFact, PortDeclaredV1
from contracts.referrals import ClueFact
from services.credit.policy.orders import LISTING, ShutPort, counts, enterprise_of, has_fallen
from services.credit.store.tables import ORDERS

# ------------------------------------------------------------------------------------------------------------- clues


def save_clues(tx: Tx, messages: Mapping[UUID, Message[ClueFact]], *, annulled: bool) -> set[UUID]:
    """Lock and write clues at the versions of these messages. Returns those that were written: newer than the stored
    ones.

    One statement, sorted by id: these are the first rows that a transaction locks.
    """
    ordered = sorted(messages)
    rows = tx.execute(
        sa.text(
            "INSERT INTO clues (id, version, actors, annulled) SELECT id, version, actors, :annulled "
            "FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[]), CAST(:actors AS jsonb[])) "
            "AS new(id, version, actors) ORDER BY id ON CONFLICT (id) DO UPDATE "
            "SET version = excluded.version, actors = excluded.actors, annulled = excluded.annulled "
            "WHERE clues.version < excluded.version RETURNING id"
        ),
        {
            "ids": ordered,
            "versions": [messages[each].version for each in ordered],
            "actors": [sets.json_text(messages[each].cause.actors) for each in ordered],
            "annulled": annulled,
        },
    )
    return set(rows.scalars())


def find_annulled_clues(read: Read, clues: Iterable[UUID]) -> set[UUID]:
    """Those of these clues whose decision was annulled."""
    rows = read.execute(
        sa.text("SELECT id FROM clues WHERE id = ANY(CAST(:ids AS uuid[])) AND annulled"), {"ids": list(clues)}
    )
    return set(rows.scalars())


# ------------------------------------------------------------------------------------------------------------- orders

_COLUMNS = tuple(column.name for column in ORDERS.columns)
_AS_PUBLISHED = ("carrier", "number", "ground", "executed_at")
_UPSERT_ORDERS = sa.text(
    f"INSERT INTO orders ({', '.join(_COLUMNS)}) "  # noqa: S608 - our columns
    f"SELECT * FROM unnest({sets.arrays(ORDERS, _COLUMNS)}) "
    f"AS new({', '.join(_COLUMNS)}) ORDER BY id "
    "ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{each} = excluded.{each}" for each in _COLUMNS if each != "id")
    + " WHERE orders.version < excluded.version RETURNING id, code, counts"
)


@dataclass(frozen=True, slots=True)
class SavedOrder:
    """An order whose row was written: the enterprise (None: unknown), and whether the order counts against it now."""

    code: str | None
    counts: bool


def save_orders(tx: Tx, messages: Sequence[Message[OrderFact]]) -> dict[UUID, SavedOrder]:
    """Write orders, one message each. Returns those that were written: newer than the stored ones."""
    facts = [each.event for each in messages]
    columns: dict[str, Sequence[Any]] = {name: [getattr(each, name) for each in facts] for name in _AS_PUBLISHED}
    columns |= {
        "id": [each.order for each in facts],
        "version": [each.version for each in messages],
        "code": [enterprise_of(each) for each in facts],
        "fallen": [has_fallen(each) for each in facts],
        "counts": [counts(each) for each in facts],
        "actors": [sets.json_text(each.cause.actors) for each in messages],
    }
    return {row.id: SavedOrder(row.code, row.counts) for row in tx.execute(_UPSERT_ORDERS, columns)}


def load_counting_orders(read: Read, codes: Sequence[str]) -> dict[str, list[ShutPort]]:
    """The orders that count against each of these enterprises, sorted by the time of execution."""
    rows = read.execute(
        sa.text(
            "SELECT code, id, carrier, number, executed_at FROM orders "
            "WHERE code = ANY(CAST(:codes AS text[])) AND counts ORDER BY code, executed_at, id"
        ),
        {"codes": list(codes)},
    )
    found: dict[str, list[ShutPort]] = defaultdict(list)
    for row in rows:
        found[row.code].append(ShutPort(row.id, row.carrier, row.number, row.executed_at))
    return found


def find_excluded_orders(read: Read, orders: Iterable[UUID]) -> set[UUID]:
    """Those of these orders that cannot be a ground for a listing: fallen, or caused by a listing."""
    rows = read.execute(
        sa.text("SELECT id FROM orders WHERE id = ANY(CAST(:ids AS uuid[])) AND (fallen OR ground = :listing)"),
        {"ids": list(orders), "listing": LISTING},
    )
    return set(rows.scalars())


# ------------------------------------------------------------------------------------------------------------ persons


def find_chains(read: Read, causes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The persons in the chains of these clues and orders (`clue:<id>`, `order:<id>`)."""
    ids: dict[str, list[UUID]] = {"clue": [], "order": []}
    for kind, _, identifier in {each.partition(":") for each in causes}:
        ids[kind].append(UUID(identifier))
    rows = read.execute(_CHAINS, {"clues": ids["clue"], "orders": ids["order"]})
    return {row.cause: tuple(row.actors) for row in rows}


_CHAINS = sa.text(
    "SELECT 'clue:' || id AS cause, actors FROM clues WHERE id = ANY(CAST(:clues AS uuid[])) "
    "UNION ALL SELECT 'order:' || id, actors FROM orders WHERE id = ANY(CAST(:orders AS uuid[]))"
)


# ------------------------------------------------------------------------------------------------- enterprise names

# The newest filing that named an enterprise gives its name: the one that came into force last, of several the one with
# the port's highest version. The maximum of one total order: the rows do not depend on the order in which facts arrive,
# nor on repetitions.
_RANK = "valid_from, version, carrier, number, name"
_UPSERT_NAMES = sa.text(
    f"INSERT INTO enterprise_names AS known (code, {_RANK}) "  # noqa: S608 - a constant of this module
    "SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:valid_from AS timestamptz[]), CAST(:versions AS integer[]), "
    "CAST(:carriers AS text[]), CAST(:numbers AS text[]), CAST(:names AS text[])) "
    f"AS new(code, {_RANK}) ORDER BY code "
    f"ON CONFLICT (code) DO UPDATE SET ({_RANK}) = "
    "(excluded.valid_from, excluded.version, excluded.carrier, excluded.number, excluded.name) "
    "WHERE (known.valid_from, known.version, known.carrier, known.number, known.name) < "
    "(excluded.valid_from, excluded.version, excluded.carrier, excluded.number, excluded.name)"
)


def save_names(tx: Tx, messages: Sequence[Message[FilingRecorded]] | Sequence[Message[PortDeclaredV1]]) -> None:
    """Write the names of the holder and the provider of every filing that was ever in force."""
    newest: dict[str, tuple[datetime, int, str, str, str]] = {}
    for message in messages:
        port = message.event
        for filing in port.filings:
            if filing.valid_to is not None and filing.valid_to <= filing.valid_from:
                continue  # a correction replaced it
            for code, name in ((filing.holder, filing.holder_name), (filing.provider, filing.provider_name)):
                rank = (filing.valid_from, message.version, port.carrier, port.number, name)
                newest[code] = max(rank, newest.get(code, rank))
    if not newest:
        return
    valid_from, versions, carriers, numbers, names = zip(*newest.values(), strict=True)
    tx.execute(
        _UPSERT_NAMES,
        {
            "codes": list(newest),
            "valid_from": list(valid_from),
            "versions": list(versions),
            "carriers": list(carriers),
            "numbers": list(numbers),
            "names": list(names),
        },
    )


def find_names(read: Read, codes: Iterable[str]) -> dict[str, str]:
    """The names of these enterprises, where the register has one."""
    rows = read.execute(
        sa.text("SELECT code, name FROM enterprise_names WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": sorted(set(codes))},
    )
    return {row.code: row.name for row in rows}
