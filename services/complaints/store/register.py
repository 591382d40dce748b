"""This service's copy of the register of ports: written by the projection, read by the assessment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.events.envelope import Message
from contracts.numbers import NumberKind, SenderNumber
from contracts.ports import Filing, PortDeclared
from services.complaints.policy.attribution import CodeHolder, RegisteredPort, RegisterPart

_filings = msgspec.json.Decoder(tuple[Filing, ...])

_PORTS = sa.text(
    "SELECT carrier, number, filings::text AS filings FROM register_ports WHERE number = ANY(CAST(:numbers AS text[]))"
)

# An access code has thousands of ports and few holders: the recursion jumps from holder to holder in the index.
_HOLDERS = sa.text(
    """
    WITH RECURSIVE held AS (
        SELECT code, found.carrier, found.holder
        FROM unnest(CAST(:codes AS text[])) AS code
        CROSS JOIN LATERAL (
            SELECT carrier, holder FROM register_ports
            WHERE access_code = code AND holder IS NOT NULL
            ORDER BY carrier, holder LIMIT 1
        ) AS found
        UNION ALL
        SELECT held.code, found.carrier, found.holder
        FROM held
        CROSS JOIN LATERAL (
            SELECT carrier, holder FROM register_ports
            WHERE access_code = held.code AND holder IS NOT NULL
              AND (carrier, holder) > (held.carrier, held.holder)
            ORDER BY carrier, holder LIMIT 1
        ) AS found
    )
    SELECT code, carrier, holder, (
        SELECT min(filed_since) FROM register_ports p
        WHERE p.access_code = code AND p.carrier = held.carrier AND p.holder = held.holder
    ) AS since
    FROM held
    """
)

_DECLARE = sa.text(
    "INSERT INTO register_ports (carrier, number, version, access_code, status, holder, filed_since, filings)"
    " SELECT carrier, number, version, access_code, status, holder, filed_since, CAST(filings AS jsonb)"
    " FROM unnest(CAST(:carriers AS text[]), CAST(:numbers AS text[]), CAST(:versions AS int[]),"
    " CAST(:codes AS text[]), CAST(:statuses AS text[]), CAST(:holders AS text[]), CAST(:since AS timestamptz[]),"
    " CAST(:filings AS text[]))"
    " AS n (carrier, number, version, access_code, status, holder, filed_since, filings)"
    " ORDER BY carrier, number"
    " ON CONFLICT (carrier, number) DO UPDATE SET version = excluded.version, access_code = excluded.access_code,"
    " status = excluded.status, holder = excluded.holder, filed_since = excluded.filed_since,"
    " filings = excluded.filings WHERE register_ports.version < excluded.version"
)


def save_declared_ports(tx: Tx, messages: Sequence[Message[PortDeclared]]) -> None:
    """Store the newest snapshot of every port. A snapshot that is older than the stored one changes nothing."""
    newest: dict[tuple[str, str], Message[PortDeclared]] = {}
    for message in messages:
        key = (message.event.carrier, message.event.number)
        if key not in newest or newest[key].version < message.version:
            newest[key] = message
    ports = [message.event for message in newest.values()]
    by_start = [sorted(port.filings, key=lambda filing: filing.valid_from) for port in ports]
    tx.execute(
        _DECLARE,
        {
            "carriers": [port.carrier for port in ports],
            "numbers": [port.number for port in ports],
            "versions": [message.version for message in newest.values()],
            "codes": [port.access_code for port in ports],
            "statuses": [port.status for port in ports],
            "holders": [filings[-1].holder if filings else None for filings in by_start],
            "since": [filings[0].valid_from if filings else None for filings in by_start],
            "filings": [msgspec.json.encode(port.filings).decode() for port in ports],
        },
    )


def load_register(read: Read, messages: Iterable[tuple[SenderNumber, datetime]]) -> RegisterPart:
    """The part of the register that these senders need at these moments of sending, in at most three statements."""
    sent = [(sender, at) for sender, at in messages if sender.kind is NumberKind.PORT]
    if not sent:
        return RegisterPart()
    ports = _ports(read, {sender.number for sender, _ in sent})
    exact = RegisterPart(ports=ports)
    unfiled = {sender for sender, at in sent if not exact.filed(sender, at)}
    if not unfiled:
        return exact
    prefixes = {prefix for sender in unfiled for prefix in sender.declared_prefixes} - ports.keys()
    holders: dict[str, list[CodeHolder]] = {}
    codes = {sender.base for sender in unfiled if sender.base is not None}
    for row in read.execute(_HOLDERS, {"codes": sorted(codes)}):
        holders.setdefault(row.code, []).append(CodeHolder(row.carrier, row.holder, row.since))
    return RegisterPart(ports=ports | _ports(read, prefixes), holders=holders)


def _ports(read: Read, numbers: Iterable[str]) -> dict[str, list[RegisteredPort]]:
    found: dict[str, list[RegisteredPort]] = {}
    for row in read.execute(_PORTS, {"numbers": sorted(numbers)}):
        found.setdefault(row.number, []).append(_port(row))
    return found


def _port(row: Any) -> RegisteredPort:
    return RegisteredPort(row.carrier, row.number, _filings.decode(row.filings))
