"""The register: ports with their filings, and its entries for numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from chassis.quarantine import HELD
from chassis.stored import Stored, read_as
from chassis.sweeper import Slice
from contracts.numbers import SHORTEST_BASE
from services.ports.model import Application, Port, PortFiling, PortKey
from services.ports.policy.evidence import RegisterEntry, RegisterExtract
from services.ports.policy.situation import AccessCodeHolder
from services.ports.store.tables import FILINGS, LISTING_REFUSALS, PORTS

_PORTS = Stored(PORTS, Port, parts=("filings",))
_OF_FILING = tuple(each.name for each in fields(PortFiling))
_OF_APPLICATION = ("carrier", "number", "digest", "decision", "reasons")


def load_ports(tx: Tx, keys: Iterable[PortKey]) -> dict[PortKey, Port]:
    """The ports with these keys that exist, locked, with their history."""
    wanted = sorted(set(keys))
    rows = tx.execute(
        sa.text(
            "SELECT p.* FROM ports AS p "
            "JOIN unnest(CAST(:carriers AS text[]), CAST(:numbers AS text[])) AS wanted(carrier, number) "
            "ON p.carrier = wanted.carrier AND p.number = wanted.number "
            "ORDER BY p.carrier, p.number FOR UPDATE OF p"
        ),
        sets.by_column(("carriers", "numbers"), wanted),
    ).all()
    return {each.key: each for each in _load(tx, rows)}


def find_unpublished_histories(tx: Tx, piece: Slice) -> list[str]:
    """The ports whose filings were not published each by itself, as release 0.1.0 left them."""
    rows = tx.execute(
        sa.text(
            "SELECT id FROM ports WHERE history_version <> version "  # noqa: S608 - a constant
            f"AND CAST(id AS text) NOT IN {HELD} ORDER BY id LIMIT :limit"
        ),
        {"limit": piece.limit, "sweep": piece.sweep},
    )
    return [str(each) for each in rows.scalars()]


def lock_ports(tx: Tx, ids: Sequence[str]) -> list[Port]:
    """The ports with these ids, with their history; skips those locked by another transaction."""
    rows = tx.execute(
        sa.text("SELECT * FROM ports WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE SKIP LOCKED"),
        {"ids": list(ids)},
    ).all()
    return _load(tx, rows)


def _load(read: Read, rows: Sequence[sa.Row[Any]]) -> list[Port]:
    filings = _filings_of(read, [row.id for row in rows])
    return [_PORTS.load(row, filings=filings[row.id]) for row in rows]


def save_ports(tx: Tx, ports: Sequence[Port]) -> None:
    """Write the ports that changed and publish their events. `save_applications` writes their new filings."""
    _PORTS.save(tx, ports)


def save_applications(tx: Tx, applications: Sequence[Application], ports: Sequence[Port]) -> None:
    """Add decided filings, end those of `ports` that they replace, and publish the decisions. After `save_ports`."""
    entered = {filing.id: (port, filing) for port in ports for filing in port.filings}
    sets.insert(tx, FILINGS, [_row(each, *entered.get(each.id, (None, each.filed))) for each in applications])
    _add_access_code_holders(tx, {(port.access_code, port.carrier, filing.holder) for port, filing in entered.values()})
    refused = [{"entry": each.listing, "filing_id": each.id} for each in applications if each.listing is not None]
    sets.insert(tx, LISTING_REFUSALS, refused)
    new = {each.id for each in applications}
    ended = [filing for filing_id, (_, filing) in entered.items() if filing_id not in new and filing.valid_to]
    if ended:
        tx.execute(
            sa.text(
                "UPDATE filings AS old SET valid_to = new.valid_to "
                "FROM unnest(CAST(:ids AS uuid[]), CAST(:ends AS timestamptz[])) AS new(id, valid_to) "
                "WHERE old.id = new.id AND old.valid_to IS DISTINCT FROM new.valid_to"
            ),
            {"ids": [each.id for each in ended], "ends": [each.valid_to for each in ended]},
        )
    tx.publish(applications)


def register_extracts(read: Read, numbers: Sequence[str]) -> dict[str, RegisterExtract]:
    """What the register has and had about each of these numbers: its own filings, and those of shorter numbers that
    ever covered it, with those that ended that."""
    rows = read.execute(_COVERING, {"numbers": list(numbers), "shortest": SHORTEST_BASE})
    entries: dict[str, list[RegisterEntry]] = defaultdict(list)
    for row in rows.all():
        entries[row.wanted].append(read_as(row, RegisterEntry))
    return {number: RegisterExtract(entries.get(number, ())) for number in numbers}


# Each wanted number is looked up in the index: in a plain join the planner scans the whole register for a few hundred
# numbers (57 ms instead of 4 for 330 of them and 16,000 ports). OFFSET 0 forces the lookup.
_FOUND = (
    "p.carrier, p.number, f.id, f.holder, f.provider, f.signature, f.province, "
    "f.valid_from, f.valid_to, f.on_record_from, f.filed_by"
)
_FILED = "CROSS JOIN LATERAL (SELECT * FROM filings WHERE port_id = p.id OFFSET 0) AS f"
_COVERING = sa.text(
    f"SELECT wanted.number AS wanted, true AS covers, {_FOUND} "  # noqa: S608 - two constants of this module
    "FROM unnest(CAST(:numbers AS text[])) AS wanted(number) "
    f"CROSS JOIN LATERAL (SELECT * FROM ports WHERE number = wanted.number OFFSET 0) AS p {_FILED} "
    "UNION ALL "
    f"SELECT wanted.number, f.covers_extensions, {_FOUND} "
    "FROM unnest(CAST(:numbers AS text[])) AS wanted(number) "
    "CROSS JOIN LATERAL generate_series(:shortest, length(wanted.number) - 1) AS digits "
    "CROSS JOIN LATERAL (SELECT * FROM ports WHERE number = left(wanted.number, digits) AND covers_extensions "
    f"OFFSET 0) AS p {_FILED}"
)


def access_code_holders(
    read: Read, wanted: Iterable[tuple[str, datetime]]
) -> dict[str, dict[datetime, list[AccessCodeHolder]]]:
    """Who held each of these access codes at a moment, by code and moment: the holders of the filings on it that were
    on record then. What staff file does not show it: an enquiry asks a carrier, and names a holder, by that."""
    rows = read.execute(_HOLDERS, sets.by_column(("codes", "moments"), sorted(set(wanted))))
    holders: dict[str, dict[datetime, list[AccessCodeHolder]]] = {}
    for row in rows.all():
        at_moments = holders.setdefault(row.code, {})
        at_moments.setdefault(row.at, []).append(AccessCodeHolder(row.carrier, row.holder))
    return holders


# An access code has thousands of ports and few holders: for each possible holder, one port on record is enough.
_HOLDERS = sa.text(
    "SELECT wanted.code, wanted.at, h.carrier, h.holder "
    "FROM unnest(CAST(:codes AS text[]), CAST(:moments AS timestamptz[])) AS wanted(code, at) "
    "JOIN access_code_holders AS h ON h.access_code = wanted.code WHERE (SELECT true "
    "FROM (SELECT id FROM ports WHERE access_code = h.access_code AND carrier = h.carrier OFFSET 0) AS p "
    "CROSS JOIN LATERAL (SELECT FROM filings AS f WHERE f.port_id = p.id AND f.holder = h.holder "
    "AND f.filed_by = '[]' AND coalesce(f.on_record_from, f.valid_from) <= wanted.at "
    "AND NOT EXISTS (SELECT FROM filings AS later WHERE later.port_id = p.id AND later.filed_by = '[]' "
    "AND coalesce(later.on_record_from, later.valid_from) <= wanted.at "
    "AND (later.valid_from, later.id) > (f.valid_from, f.id)) OFFSET 0) AS f LIMIT 1) "
    "ORDER BY wanted.code, wanted.at, h.carrier, h.holder"
)


def _add_access_code_holders(tx: Tx, held: Collection[tuple[str, str, str]]) -> None:
    """Add enterprises that have ports on access codes at carriers: (access code, carrier, holder)."""
    if held:
        tx.execute(
            sa.text(
                "INSERT INTO access_code_holders (access_code, carrier, holder) "
                "SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:carriers AS text[]), CAST(:holders AS text[])) "
                "ON CONFLICT DO NOTHING"
            ),
            sets.by_column(("codes", "carriers", "holders"), sorted(held)),
        )


def past_refusals(read: Read, digests: Sequence[bytes]) -> dict[tuple[str, str, bytes, UUID], UUID]:
    """The refusals of filings with these digests: (carrier, number, digest, hindered by) → filing."""
    if not digests:
        return {}
    rows = read.execute(
        sa.text(
            "SELECT f.carrier, f.number, f.digest, f.hindered_by, f.id FROM filings AS f "
            "WHERE f.decision = 'refused' AND f.digest = ANY(CAST(:digests AS bytea[]))"
        ),
        {"digests": list(digests)},
    )
    return {(row.carrier, row.number, row.digest, row.hindered_by): row.id for row in rows}


def _filings_of(read: Read, ports: Sequence[UUID]) -> dict[UUID, list[PortFiling]]:
    filings: dict[UUID, list[PortFiling]] = defaultdict(list)
    if ports:
        rows = read.execute(
            sa.text(
                "SELECT * FROM filings WHERE port_id = ANY(CAST(:ports AS uuid[])) "
                "ORDER BY port_id, valid_from, recorded_at, id"
            ),
            {"ports": list(ports)},
        )
        for row in rows.all():
            filings[row.port_id].append(read_as(row, PortFiling))
    return filings


def _row(application: Application, port: Port | None, filing: PortFiling) -> sets.Row:
    """The row of a decided filing; `port` is the one that it entered, `filing` as it stands in its history."""
    hindrance = application.hindrance
    return {
        **{name: getattr(filing, name) for name in _OF_FILING},
        **{name: getattr(application, name) for name in _OF_APPLICATION},
        "port_id": None if port is None else port.id,
        "hindered_by": None if hindrance is None else hindrance.id,
        "hindrance": None if hindrance is None else hindrance.kind,
    }
