"""Listings and the ports of their enterprises: loaded and saved in sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from services.ports.model import Listing, ListingPhase, PortKey
from services.ports.store.tables import LISTINGS


@dataclass(frozen=True, slots=True)
class ListedPort:
    """A port that a listing has to shut: the listing's entry, the port, and the order that stands for it, if any."""

    entry: UUID
    carrier: str
    number: str
    order_id: UUID | None = None

    @property
    def key(self) -> PortKey:
        """Its carrier and number."""
        return self.carrier, self.number


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


def load_listings_in(tx: Tx, phase: ListingPhase, limit: int) -> dict[UUID, Listing]:
    """At most `limit` listings in this phase, locked; skips rows locked by another worker."""
    return _loaded(
        tx,
        sa.text("SELECT * FROM listings WHERE phase = :phase ORDER BY entry LIMIT :limit FOR UPDATE SKIP LOCKED"),
        {"phase": phase, "limit": limit},
    )


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
    rows = [{name: getattr(each, name) for name in _COLUMNS} for each in listings]
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


def ports_to_shut(read: Read, limit: int | None, entries: Iterable[UUID] | None = None) -> list[ListedPort]:
    """At most `limit` ports (None: all) that listings (None: any) still have to order shut: still filed for the
    enterprise, without an open order, and never ordered for that listing."""
    return _remaining(read, _TO_SHUT, limit, entries)


def ports_to_lift(read: Read, limit: int | None, entries: Iterable[UUID] | None = None) -> list[ListedPort]:
    """At most `limit` ports (None: all) whose order listings that are over (None: any) still have to lift: it is open,
    its ground has not fallen, and it stands for no other listing."""
    return _remaining(read, _TO_LIFT, limit, entries)


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


_PORTS_OF = (
    "SELECT l.entry, f.carrier, f.number FROM unnest(CAST(:entries AS uuid[]), CAST(:codes AS text[])) "
    "AS l(entry, code) JOIN filings AS f ON f.{} = l.code AND f.port_id IS NOT NULL AND f.valid_to IS NULL"
)
_ADD_LISTED_PORTS = sa.text(
    f"INSERT INTO listed_ports (entry, carrier, number) {_PORTS_OF.format('holder')} "
    f"UNION {_PORTS_OF.format('provider')} ON CONFLICT DO NOTHING"
)

_LISTED_PORTS = (
    "SELECT p.* FROM listings AS l JOIN listed_ports AS p ON p.entry = l.entry "
    "AND (CAST(:entries AS uuid[]) IS NULL OR l.entry = ANY(CAST(:entries AS uuid[]))) "
)
_IN_ORDER = "ORDER BY p.entry, p.carrier, p.number LIMIT CAST(:limit AS bigint)"
_TO_SHUT = sa.text(
    f"{_LISTED_PORTS} WHERE l.phase = 'shutting' AND p.order_id IS NULL "  # noqa: S608 - constants of this module
    "AND EXISTS (SELECT FROM ports AS at JOIN filings AS f ON f.port_id = at.id AND f.valid_to IS NULL "
    "WHERE at.carrier = p.carrier AND at.number = p.number AND l.code IN (f.holder, f.provider)) "
    "AND NOT EXISTS (SELECT FROM orders AS o WHERE o.carrier = p.carrier AND o.number = p.number "
    f"AND o.state <> 'lifted') {_IN_ORDER}"
)
_TO_LIFT = sa.text(
    f"{_LISTED_PORTS} JOIN orders AS o ON o.id = p.order_id AND o.state <> 'lifted' AND o.ground_fell_at IS NULL "
    "WHERE l.phase = 'lifting' AND NOT EXISTS (SELECT FROM listed_ports AS kept JOIN listings AS k "
    f"ON k.entry = kept.entry AND k.phase IN ('shutting', 'shut') WHERE kept.order_id = p.order_id) {_IN_ORDER}"
)


def _remaining(
    read: Read, statement: sa.TextClause, limit: int | None, entries: Iterable[UUID] | None
) -> list[ListedPort]:
    rows = read.execute(statement, {"limit": limit, "entries": None if entries is None else list(entries)})
    return [msgspec.convert(row._mapping, ListedPort) for row in rows]


def _loaded(tx: Tx, statement: sa.TextClause, parameters: Mapping[str, Any]) -> dict[UUID, Listing]:
    return {row.entry: msgspec.convert(row._mapping, Listing) for row in tx.execute(statement, parameters)}


_COLUMNS = tuple(LISTINGS.columns.keys())
_UPSERT = sa.text(
    f"INSERT INTO listings ({', '.join(_COLUMNS)}) SELECT * FROM unnest("  # noqa: S608 - our columns
    + sets.arrays(LISTINGS, _COLUMNS)
    + ") ON CONFLICT (entry) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "entry")
)
