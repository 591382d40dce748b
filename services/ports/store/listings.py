"""Listings and the ports that they are after: loaded and saved in sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from services.ports.model import Listing, ListingPhase
from services.ports.store.register import Place
from services.ports.store.tables import LISTINGS


@dataclass(frozen=True, slots=True)
class ListedPort:
    """A port that a listing is after: by its entry, where it is, and the order that stands for it, if one does."""

    entry: UUID
    carrier: str
    number: str
    order: UUID | None = None

    @property
    def place(self) -> Place:
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
    """Every listing there ever was of these enterprises, locked."""
    return _loaded(
        tx,
        sa.text("SELECT * FROM listings WHERE code = ANY(CAST(:codes AS text[])) ORDER BY entry FOR UPDATE"),
        {"codes": sorted(codes)},
    )


def load_listings_at_work(tx: Tx, phase: ListingPhase, limit: int) -> dict[UUID, Listing]:
    """At most `limit` listings in this phase, locked; not those that others have."""
    return _loaded(
        tx,
        sa.text("SELECT * FROM listings WHERE phase = :phase ORDER BY entry LIMIT :limit FOR UPDATE SKIP LOCKED"),
        {"phase": phase, "limit": limit},
    )


def listings_after(read: Read, places: Iterable[Place]) -> dict[Place, list[UUID]]:
    """The entries of the listings, over or not, that are after the ports at these places and never had an order for
    them."""
    wanted = sorted(set(places))
    rows = read.execute(
        sa.text(
            "SELECT p.entry, p.carrier, p.number FROM listed_ports AS p "
            "JOIN unnest(CAST(:carriers AS text[]), CAST(:numbers AS text[])) AS wanted(carrier, number) "
            "ON p.carrier = wanted.carrier AND p.number = wanted.number WHERE p.order_id IS NULL"
        ),
        {"carriers": [carrier for carrier, _ in wanted], "numbers": [number for _, number in wanted]},
    )
    after: dict[Place, list[UUID]] = defaultdict(list)
    for row in rows:
        after[row.carrier, row.number].append(row.entry)
    return after


def save_listings(tx: Tx, listings: Iterable[Listing]) -> None:
    """Write listings as they are; those that were there are locked."""
    rows = [_row(each) for each in listings]
    if rows:
        tx.execute(_UPSERT, {name: [row[name] for row in rows] for name in _COLUMNS})


def set_out(tx: Tx, listings: Sequence[Listing]) -> None:
    """Note the ports that the enterprises of these listings have now, as the register's last word has it.

    Looks through all filings, once for however many listings: this is rare, and an index of their parties would be
    paid for by every filing.
    """
    if listings:
        parameters = {"entries": [each.entry for each in listings], "codes": [each.code for each in listings]}
        tx.execute(_SET_OUT, parameters)


def ports_to_shut(read: Read, limit: int | None, entries: Iterable[UUID] | None = None) -> list[ListedPort]:
    """At most `limit` ports (None: all) that listings (None: any) still have to order shut: the enterprise's by the
    register's last word, with no open order, and never ordered for that listing."""
    return _left(read, _TO_SHUT, limit, entries)


def ports_to_lift(read: Read, limit: int | None, entries: Iterable[UUID] | None = None) -> list[ListedPort]:
    """At most `limit` ports (None: all) whose order listings that are over (None: any) still have to lift: it is open,
    has not lost its ground, and stands for no other listing."""
    return _left(read, _TO_LIFT, limit, entries)


def note_orders(tx: Tx, ports: Sequence[ListedPort]) -> None:
    """Note which order stands for these ports."""
    if ports:
        tx.execute(
            sa.text(
                "UPDATE listed_ports AS p SET order_id = new.order_id "
                "FROM unnest(CAST(:entries AS uuid[]), CAST(:carriers AS text[]), CAST(:numbers AS text[]), "
                "CAST(:orders AS uuid[])) AS new(entry, carrier, number, order_id) "
                "WHERE p.entry = new.entry AND p.carrier = new.carrier AND p.number = new.number"
            ),
            {
                "entries": [each.entry for each in ports],
                "carriers": [each.carrier for each in ports],
                "numbers": [each.number for each in ports],
                "orders": [each.order for each in ports],
            },
        )


_PORTS_OF = (
    "SELECT l.entry, f.carrier, f.number FROM unnest(CAST(:entries AS uuid[]), CAST(:codes AS text[])) "
    "AS l(entry, code) JOIN filings AS f ON f.{} = l.code AND f.port_id IS NOT NULL AND f.valid_to IS NULL"
)
_SET_OUT = sa.text(
    f"INSERT INTO listed_ports (entry, carrier, number) {_PORTS_OF.format('holder')} "
    f"UNION {_PORTS_OF.format('provider')} ON CONFLICT DO NOTHING"
)

_AFTER_PORTS = (
    "SELECT p.* FROM listings AS l JOIN listed_ports AS p ON p.entry = l.entry "
    "AND (CAST(:entries AS uuid[]) IS NULL OR l.entry = ANY(CAST(:entries AS uuid[]))) "
)
_IN_ORDER = "ORDER BY p.entry, p.carrier, p.number LIMIT CAST(:limit AS bigint)"
_TO_SHUT = sa.text(
    f"{_AFTER_PORTS} WHERE l.phase = 'shutting' AND p.order_id IS NULL "  # noqa: S608 - constants of this module
    "AND EXISTS (SELECT FROM ports AS at JOIN filings AS f ON f.port_id = at.id AND f.valid_to IS NULL "
    "WHERE at.carrier = p.carrier AND at.number = p.number AND l.code IN (f.holder, f.provider)) "
    "AND NOT EXISTS (SELECT FROM orders AS o WHERE o.carrier = p.carrier AND o.number = p.number "
    f"AND o.state <> 'lifted') {_IN_ORDER}"
)
_TO_LIFT = sa.text(
    f"{_AFTER_PORTS} JOIN orders AS o ON o.id = p.order_id AND o.state <> 'lifted' AND o.ground_fell_at IS NULL "
    "WHERE l.phase = 'lifting' AND NOT EXISTS (SELECT FROM listed_ports AS kept JOIN listings AS k "
    f"ON k.entry = kept.entry AND k.phase IN ('shutting', 'shut') WHERE kept.order_id = p.order_id) {_IN_ORDER}"
)


def _left(read: Read, statement: sa.TextClause, limit: int | None, entries: Iterable[UUID] | None) -> list[ListedPort]:
    rows = read.execute(statement, {"limit": limit, "entries": None if entries is None else list(entries)})
    return [ListedPort(row.entry, row.carrier, row.number, row.order_id) for row in rows]


def _loaded(tx: Tx, statement: sa.TextClause, parameters: Mapping[str, Any]) -> dict[UUID, Listing]:
    return {row.entry: _listing(row) for row in tx.execute(statement, parameters)}


_COLUMNS = tuple(each.name for each in fields(Listing))
_UPSERT = sa.text(
    f"INSERT INTO listings ({', '.join(_COLUMNS)}) SELECT * FROM unnest("  # noqa: S608 - our columns
    + ", ".join(f"CAST(:{name} AS {sets.type_of(LISTINGS.c[name])}[])" for name in _COLUMNS)
    + ") ON CONFLICT (entry) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "entry")
)


def _row(listing: Listing) -> dict[str, Any]:
    return {name: getattr(listing, name) for name in _COLUMNS}


def _listing(row: Any) -> Listing:
    stored = {name: getattr(row, name) for name in _COLUMNS}
    return Listing(**stored | {"phase": ListingPhase(row.phase)})
