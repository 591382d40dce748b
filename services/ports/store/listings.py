"""Listings and the ports of their enterprises: loaded and saved in sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from chassis.quarantine import HELD
from chassis.stored import read_as
from chassis.sweeper import Slice
from services.ports.model import Listing, PortKey
from services.ports.store.tables import LISTINGS


@dataclass(frozen=True, slots=True)
class ListedPort:
    """A port that a listing has to shut: the listing's entry, the port, and the order that stands for it, if any. Its
    item in a sweep is `entry/carrier/number`."""

    entry: UUID
    carrier: str
    number: str
    order_id: UUID | None = None

    @property
    def key(self) -> PortKey:
        """Its carrier and number."""
        return self.carrier, self.number

    @property
    def item(self) -> str:
        """Its entry, carrier and number, as `of_item` reads them."""
        return f"{self.entry}/{self.carrier}/{self.number}"

    @classmethod
    def of_item(cls, item: str) -> ListedPort:
        """The port of an item, without its order."""
        entry, carrier, number = item.split("/")
        return cls(UUID(entry), carrier, number)


def load_listings(tx: Tx, entries: Iterable[UUID]) -> dict[UUID, Listing]:
    """The listings of these entries, locked."""
    return _loaded(
        tx,
        sa.text("SELECT * FROM listings WHERE entry = ANY(CAST(:entries AS uuid[])) ORDER BY entry FOR UPDATE"),
        {"entries": list(entries)},
    )


def load_listings_of(tx: Tx, codes: Iterable[str]) -> dict[UUID, Listing]:
    """Every listing of these enterprises, past ones included, locked."""
    return _loaded(
        tx,
        sa.text("SELECT * FROM listings WHERE code = ANY(CAST(:codes AS text[])) ORDER BY entry FOR UPDATE"),
        {"codes": sorted(codes)},
    )


def find_listings_without_ports(tx: Tx, piece: Slice) -> list[UUID]:
    """The listings that are shutting or lifting ports although none remain."""
    parameters = {"entries": None, "limit": piece.limit, "sweep": piece.sweep}
    return list(tx.execute(_WITHOUT_PORTS, parameters).scalars())


def lock_listings_without_ports(tx: Tx, entries: Iterable[UUID]) -> list[Listing]:
    """Those of these listings that are shutting or lifting ports although none remain, locked; skips rows locked by
    another worker.

    A transaction that adds a remaining port locks the listing's row: it either waits and finds the listing out of the
    phase, or it came first and its port is found here.
    """
    lock = sa.text(
        "SELECT entry FROM listings WHERE entry = ANY(CAST(:entries AS uuid[])) ORDER BY entry FOR UPDATE SKIP LOCKED"
    )
    locked = list(tx.execute(lock, {"entries": list(entries)}).scalars())
    found = tx.execute(_WITHOUT_PORTS, {"entries": locked, "limit": len(locked), "sweep": ""}).scalars()
    return list(load_listings(tx, found).values())


def entries_without_order(read: Read, ports: Iterable[PortKey]) -> dict[PortKey, list[UUID]]:
    """The entries of the listings, over or not, that have to shut these ports and never had an order for them."""
    wanted = sorted(set(ports))
    rows = read.execute(
        sa.text(
            "SELECT p.entry, p.carrier, p.number FROM listed_ports AS p "
            "JOIN unnest(CAST(:carriers AS text[]), CAST(:numbers AS text[])) AS wanted(carrier, number) "
            "ON p.carrier = wanted.carrier AND p.number = wanted.number WHERE p.order_id IS NULL"
        ),
        sets.by_column(("carriers", "numbers"), wanted),
    )
    entries: dict[PortKey, list[UUID]] = defaultdict(list)
    for row in rows:
        entries[row.carrier, row.number].append(row.entry)
    return entries


def save_listings(tx: Tx, listings: Iterable[Listing]) -> None:
    """Write new and changed listings; the changed ones must be locked."""
    rows = [
        {name: getattr(each, name) for name in _COLUMNS} | {"actors": sets.json_text(each.actors)} for each in listings
    ]
    if rows:
        tx.execute(_UPSERT, {name: [row[name] for row in rows] for name in _COLUMNS})


def add_listed_ports(tx: Tx, listings: Sequence[Listing]) -> None:
    """Store the ports that the enterprises of these listings have now, by the filings without an end.

    Scans all filings, once for any number of listings: this is rare, and an index on their parties would make every
    filing more expensive.
    """
    if listings:
        parameters = {"entries": [each.entry for each in listings], "codes": [each.code for each in listings]}
        tx.execute(_ADD_LISTED_PORTS, parameters)


def persons_who_filed_for(read: Read, code: str) -> tuple[str, ...]:
    """The persons who filed ports for this enterprise that it has now. Scans all filings, as `add_listed_ports`."""
    return tuple(read.execute(_WHO_FILED_FOR, {"code": code}).scalars())


def find_ports_to_shut(read: Read, piece: Slice) -> list[ListedPort]:
    """The ports that listings still have to order shut: still filed for the enterprise, without an open order, and
    never ordered for that listing."""
    return _found(read, _TO_SHUT, {"limit": piece.limit, "sweep": piece.sweep})


def find_ports_to_lift(read: Read, piece: Slice) -> list[ListedPort]:
    """The ports whose order listings that are over still have to lift: it is open, its ground has not fallen, and it
    stands for no other listing."""
    return _found(read, _TO_LIFT, {"limit": piece.limit, "sweep": piece.sweep})


def still_to_shut(read: Read, ports: Sequence[ListedPort]) -> list[ListedPort]:
    """Those of these ports that `find_ports_to_shut` finds."""
    return _found(read, _STILL_TO_SHUT, _wanted(ports))


def still_to_lift(read: Read, ports: Sequence[ListedPort]) -> list[ListedPort]:
    """Those of these ports that `find_ports_to_lift` finds."""
    return _found(read, _STILL_TO_LIFT, _wanted(ports))


def save_listed_ports(tx: Tx, ports: Sequence[ListedPort]) -> None:
    """Store which order stands for each of these ports."""
    if ports:
        tx.execute(
            sa.text(
                "UPDATE listed_ports AS p SET order_id = new.order_id "
                "FROM unnest(CAST(:entries AS uuid[]), CAST(:carriers AS text[]), CAST(:numbers AS text[]), "
                "CAST(:orders AS uuid[])) AS new(entry, carrier, number, order_id) "
                "WHERE p.entry = new.entry AND p.carrier = new.carrier AND p.number = new.number"
            ),
            sets.by_column(
                ("entries", "carriers", "numbers", "orders"),
                ((each.entry, each.carrier, each.number, each.order_id) for each in ports),
            ),
        )


def replace_order(tx: Tx, old: UUID, new: UUID) -> bool:
    """Let another order stand for the ports of the listings in force for which this one stands; its number is locked.
    False: it stands for none."""
    statement = sa.text(
        "UPDATE listed_ports AS p SET order_id = :new FROM listings AS l "
        "WHERE l.entry = p.entry AND l.phase IN ('shutting', 'shut') AND p.order_id = :old RETURNING p.entry"
    )
    return bool(tx.execute(statement, {"old": old, "new": new}).all())


_PORTS_OF = (
    "SELECT l.entry, f.carrier, f.number FROM unnest(CAST(:entries AS uuid[]), CAST(:codes AS text[])) "
    "AS l(entry, code) JOIN filings AS f ON f.{} = l.code AND f.port_id IS NOT NULL AND f.valid_to IS NULL"
)
_ADD_LISTED_PORTS = sa.text(
    f"INSERT INTO listed_ports (entry, carrier, number) {_PORTS_OF.format('holder')} "
    f"UNION {_PORTS_OF.format('provider')} ON CONFLICT DO NOTHING"
)

_WHO_FILED_FOR = sa.text(
    "SELECT DISTINCT person FROM filings AS f CROSS JOIN jsonb_array_elements_text(f.filed_by) AS person "
    "WHERE :code IN (f.holder, f.provider) AND f.port_id IS NOT NULL AND f.valid_to IS NULL ORDER BY person"
)

_SHUT_AT = "listed_ports AS p"
_TO_BE_SHUT = (
    "p.entry = l.entry AND l.phase = 'shutting' AND p.order_id IS NULL "
    "AND EXISTS (SELECT FROM ports AS at JOIN filings AS f ON f.port_id = at.id AND f.valid_to IS NULL "
    "WHERE at.carrier = p.carrier AND at.number = p.number AND l.code IN (f.holder, f.provider)) "
    "AND NOT EXISTS (SELECT FROM orders AS o WHERE o.carrier = p.carrier AND o.number = p.number "
    "AND o.state <> 'lifted')"
)
_LIFT_AT = (
    "listed_ports AS p JOIN orders AS o ON o.id = p.order_id AND o.state <> 'lifted' AND o.ground_fell_at IS NULL"
)
_TO_BE_LIFTED = (
    "p.entry = l.entry AND l.phase = 'lifting' AND NOT EXISTS (SELECT FROM listed_ports AS kept JOIN listings AS k "
    "ON k.entry = kept.entry AND k.phase IN ('shutting', 'shut') WHERE kept.order_id = p.order_id)"
)
_FREE = "CAST(p.entry AS text) || '/' || p.carrier || '/' || p.number NOT IN " + HELD
_AMONG = (
    "(p.entry, p.carrier, p.number) IN (SELECT * FROM unnest(CAST(:entries AS uuid[]), CAST(:carriers AS text[]), "
    "CAST(:numbers AS text[])))"
)
_IN_ORDER = "ORDER BY p.entry, p.carrier, p.number"


def _ports(at: str, condition: str, only: str) -> sa.TextClause:
    return sa.text(f"SELECT p.* FROM listings AS l, {at} WHERE {condition} AND {only}")  # noqa: S608 - constants


_TO_SHUT = _ports(_SHUT_AT, _TO_BE_SHUT, f"'shut/' || {_FREE} {_IN_ORDER} LIMIT :limit")
_TO_LIFT = _ports(_LIFT_AT, _TO_BE_LIFTED, f"'lift/' || {_FREE} {_IN_ORDER} LIMIT :limit")
_STILL_TO_SHUT = _ports(_SHUT_AT, _TO_BE_SHUT, f"{_AMONG} {_IN_ORDER}")
_STILL_TO_LIFT = _ports(_LIFT_AT, _TO_BE_LIFTED, f"{_AMONG} {_IN_ORDER}")
_WITHOUT_PORTS = sa.text(
    "SELECT l.entry FROM listings AS l WHERE l.phase IN ('shutting', 'lifting') "  # noqa: S608 - constants
    "AND (CAST(:entries AS uuid[]) IS NULL OR l.entry = ANY(CAST(:entries AS uuid[]))) "
    f"AND NOT EXISTS (SELECT FROM {_SHUT_AT} WHERE {_TO_BE_SHUT}) "
    f"AND NOT EXISTS (SELECT FROM {_LIFT_AT} WHERE {_TO_BE_LIFTED}) "
    f"AND 'conclude/' || CAST(l.entry AS text) NOT IN {HELD} ORDER BY l.entry LIMIT :limit"
)


def _found(read: Read, statement: sa.TextClause, parameters: Mapping[str, Any]) -> list[ListedPort]:
    return [read_as(row, ListedPort) for row in read.execute(statement, parameters)]


def _wanted(ports: Sequence[ListedPort]) -> dict[str, list[Any]]:
    return sets.by_column(
        ("entries", "carriers", "numbers"), ((each.entry, each.carrier, each.number) for each in ports)
    )


def _loaded(tx: Tx, statement: sa.TextClause, parameters: Mapping[str, Any]) -> dict[UUID, Listing]:
    return {row.entry: read_as(row, Listing) for row in tx.execute(statement, parameters)}


_COLUMNS = tuple(LISTINGS.columns.keys())
_UPSERT = sa.text(
    f"INSERT INTO listings ({', '.join(_COLUMNS)}) SELECT * FROM unnest("  # noqa: S608 - our columns
    + sets.arrays(LISTINGS, _COLUMNS)
    + ") ON CONFLICT (entry) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "entry")
)
