"""The register: ports with their filings, and what it says about numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import sets
from chassis.database import Read, Tx
from contracts.numbers import ACCESS_CODES
from services.ports.model import Application, Decision, Filing, Port, PortStatus
from services.ports.policy.decisions import Owner
from services.ports.policy.evidence import Register, Registered
from services.ports.store.tables import FILINGS, LISTING_REFUSALS, PORTS

SHORTEST_BASE = min(row.base_digits for row in ACCESS_CODES)
"""Digits of the shortest number that can be filed."""

Place = tuple[str, str]
"""Where a port is: its carrier and its number."""


def load_ports(tx: Tx, places: Iterable[Place]) -> dict[Place, Port]:
    """The ports there are at these places, locked, with their history."""
    wanted = sorted(set(places))
    rows = tx.execute(
        sa.text(
            "SELECT p.* FROM ports AS p "
            "JOIN unnest(CAST(:carriers AS text[]), CAST(:numbers AS text[])) AS wanted(carrier, number) "
            "ON p.carrier = wanted.carrier AND p.number = wanted.number "
            "ORDER BY p.carrier, p.number FOR UPDATE OF p"
        ),
        {"carriers": [carrier for carrier, _ in wanted], "numbers": [number for _, number in wanted]},
    ).all()
    filings = _filings_of(tx, [row.id for row in rows])
    return {
        (row.carrier, row.number): Port(
            id=row.id,
            version=row.version,
            carrier=row.carrier,
            number=row.number,
            access_code=row.access_code,
            status=PortStatus(row.status),
            filings=filings[row.id],
        )
        for row in rows
    }


def save_ports(tx: Tx, ports: Sequence[Port]) -> None:
    """Write ports that changed and publish what they recorded. Their new filings come by `save_applications`."""
    changed = [each for each in ports if each.recorded]
    rows = [
        {
            "id": each.id,
            "stored_version": each.stored_version,
            "version": each.version,
            "carrier": each.carrier,
            "number": each.number,
            "access_code": each.access_code,
            "status": each.status,
            "covers_extensions": each.covers_extensions,
        }
        for each in changed
    ]
    sets.insert(tx, PORTS, [row for row in rows if not row["stored_version"]])
    sets.update(tx, PORTS, ("version", "status", "covers_extensions"), [row for row in rows if row["stored_version"]])
    tx.publish(changed)


def save_applications(tx: Tx, applications: Sequence[Application], ports: Sequence[Port]) -> None:
    """Add decided filings, end those of `ports` that they end, and publish the decisions. After `save_ports`."""
    entered = {filing.id: (port, filing) for port in ports for filing in port.filings}
    new = {each.id for each in applications}
    rows = []
    for each in applications:
        port, filing = entered.get(each.id, (None, each.filing))
        rows.append(_filing_row(each, port, filing))
    sets.insert(tx, FILINGS, rows)
    _note_holders(tx, {(port.access_code, port.carrier, filing.holder) for port, filing in entered.values()})
    kept_out = [(each.id, each.hindrance.listing) for each in applications if each.hindrance is not None]
    sets.insert(tx, LISTING_REFUSALS, [{"entry": entry, "filing_id": id_} for id_, entry in kept_out if entry])
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


def registers_of(read: Read, numbers: Sequence[str]) -> dict[str, Register]:
    """What the register has, of all times, on each of these numbers: its own filings and those that cover it."""
    rows = read.execute(_ANSWERING, {"numbers": list(numbers), "shortest": SHORTEST_BASE})
    entries: dict[str, list[Registered]] = defaultdict(list)
    for row in rows.all():
        entries[row.wanted].append(
            Registered(
                carrier=row.carrier,
                number=row.number,
                holder=row.holder,
                provider=row.provider,
                signature=row.signature,
                province=row.province,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
            )
        )
    return {number: Register(entries.get(number, ())) for number in numbers}


# Each wanted number is looked up in the index, however many there are: joined as a whole, the planner reads the whole
# register for a few hundred numbers (57 ms instead of 4 for 330 of them and 16,000 ports). OFFSET 0 holds it to that.
_FOUND = "p.carrier, p.number, f.holder, f.provider, f.signature, f.province, f.valid_from, f.valid_to"
_FILED = (
    "CROSS JOIN LATERAL (SELECT * FROM filings WHERE port_id = p.id AND (valid_to IS NULL OR valid_to > valid_from) "
    "OFFSET 0) AS f"
)
_ANSWERING = sa.text(
    f"SELECT wanted.number AS wanted, {_FOUND} "  # noqa: S608 - two constants of this module
    "FROM unnest(CAST(:numbers AS text[])) AS wanted(number) "
    f"CROSS JOIN LATERAL (SELECT * FROM ports WHERE number = wanted.number OFFSET 0) AS p {_FILED} "
    "UNION ALL "
    f"SELECT wanted.number, {_FOUND} "
    "FROM unnest(CAST(:numbers AS text[])) AS wanted(number) "
    "CROSS JOIN LATERAL generate_series(:shortest, length(wanted.number) - 1) AS digits "
    "CROSS JOIN LATERAL (SELECT * FROM ports WHERE number = left(wanted.number, digits) AND covers_extensions "
    f"OFFSET 0) AS p {_FILED} WHERE f.covers_extensions"
)


def owners_of(read: Read, access_codes: Iterable[str], at: datetime) -> dict[str, list[Owner]]:
    """Who holds each of these access codes, as the filings on it that are in force at `at` show."""
    rows = read.execute(_OWNERS, {"codes": sorted(set(access_codes)), "at": at})
    owners: dict[str, list[Owner]] = defaultdict(list)
    for row in rows.all():
        owners[row.access_code].append(Owner(row.carrier, row.holder))
    return owners


# An access code has thousands of ports and few holders: of each the first port that is found says that it holds it.
_OWNERS = sa.text(
    "SELECT h.access_code, h.carrier, h.holder FROM access_code_holders AS h "
    "WHERE h.access_code = ANY(CAST(:codes AS text[])) AND (SELECT true "
    "FROM (SELECT id FROM ports WHERE access_code = h.access_code AND carrier = h.carrier OFFSET 0) AS p "
    "CROSS JOIN LATERAL (SELECT FROM filings WHERE port_id = p.id AND holder = h.holder "
    "AND valid_from <= :at AND (valid_to IS NULL OR valid_to > :at) OFFSET 0) AS f LIMIT 1) "
    "ORDER BY h.access_code, h.carrier, h.holder"
)


def _note_holders(tx: Tx, held: Collection[tuple[str, str, str]]) -> None:
    """Note that enterprises have ports on access codes at carriers: (access code, carrier, holder)."""
    if held:
        tx.execute(
            sa.text(
                "INSERT INTO access_code_holders (access_code, carrier, holder) "
                "SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:carriers AS text[]), CAST(:holders AS text[])) "
                "ON CONFLICT DO NOTHING"
            ),
            dict(zip(("codes", "carriers", "holders"), map(list, zip(*sorted(held), strict=True)), strict=True)),
        )


def refused_before(read: Read, digests: Sequence[bytes]) -> dict[tuple[str, str, bytes, UUID], UUID]:
    """The refusals there are of filings with these digests: (carrier, number, digest, what was in the way) → filing."""
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


def _filings_of(read: Read, ports: Sequence[UUID]) -> dict[UUID, list[Filing]]:
    filings: dict[UUID, list[Filing]] = defaultdict(list)
    if ports:
        rows = read.execute(
            sa.text(
                "SELECT * FROM filings WHERE port_id = ANY(CAST(:ports AS uuid[])) "
                "ORDER BY port_id, valid_from, recorded_at, id"
            ),
            {"ports": list(ports)},
        )
        for row in rows.all():
            filings[row.port_id].append(filing_of(row))
    return filings


def filing_of(row: Any) -> Filing:
    """The filing in a row of its table."""
    return Filing(
        id=row.id,
        holder=row.holder,
        holder_name=row.holder_name,
        provider=row.provider,
        provider_name=row.provider_name,
        signature=row.signature,
        purpose=row.purpose,
        province=row.province,
        covers_extensions=row.covers_extensions,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        recorded_at=row.recorded_at,
    )


def _filing_row(application: Application, port: Port | None, filing: Filing) -> sets.Row:
    accepted = application.decision is Decision.ACCEPTED
    return {
        "id": filing.id,
        "port_id": port.id if accepted and port is not None else None,
        "carrier": application.carrier,
        "number": application.number,
        "holder": filing.holder,
        "holder_name": filing.holder_name,
        "provider": filing.provider,
        "provider_name": filing.provider_name,
        "signature": filing.signature,
        "purpose": filing.purpose,
        "province": filing.province,
        "covers_extensions": filing.covers_extensions,
        "valid_from": filing.valid_from,
        "valid_to": filing.valid_to,
        "recorded_at": filing.recorded_at,
        "decision": application.decision,
        "reasons": application.reasons,
        "hindered_by": None if application.hindrance is None else application.hindrance.id,
        "hindrance": None if application.hindrance is None else application.hindrance.kind,
        "digest": application.filing.digest,
    }
