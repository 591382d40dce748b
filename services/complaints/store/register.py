"""This service's copy of the register of ports: written by the projection, read by the assessment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.events.envelope import Message
from contracts.numbers import NumberKind, SenderNumber
from contracts.ports import Filing, FilingRecorded, PortDeclaredV1
from services.complaints.policy.attribution import CodeHolder, RegisteredPort, RegisterPart, began

_filing = msgspec.json.Decoder(Filing)
_encoder = msgspec.json.Encoder()

_FILINGS = sa.text(
    "SELECT carrier, number, content::text AS content FROM register_filings"
    " WHERE number = ANY(CAST(:numbers AS text[])) ORDER BY number, carrier"
)

# An access code has thousands of ports and few holders: the recursion jumps from holder to holder in the index.
_HOLDERS = sa.text(
    """
    WITH RECURSIVE held AS (
        SELECT code, found.carrier, found.holder
        FROM unnest(CAST(:codes AS text[])) AS code
        CROSS JOIN LATERAL (
            SELECT carrier, holder FROM register_numbers
            WHERE access_code = code
            ORDER BY carrier, holder LIMIT 1
        ) AS found
        UNION ALL
        SELECT held.code, found.carrier, found.holder
        FROM held
        CROSS JOIN LATERAL (
            SELECT carrier, holder FROM register_numbers
            WHERE access_code = held.code
              AND (carrier, holder) > (held.carrier, held.holder)
            ORDER BY carrier, holder LIMIT 1
        ) AS found
    )
    SELECT code, carrier, holder, (
        SELECT min(filed_since) FROM register_numbers p
        WHERE p.access_code = code AND p.carrier = held.carrier AND p.holder = held.holder
    ) AS since
    FROM held
    """
)

_SAVE_FILINGS = sa.text(
    "INSERT INTO register_filings (filing, carrier, number, version, content)"
    " SELECT filing, carrier, number, version, CAST(content AS jsonb) FROM unnest(CAST(:filings AS uuid[]),"
    " CAST(:carriers AS text[]), CAST(:numbers AS text[]), CAST(:versions AS int[]),"
    # One text with a line for each: escaped as the elements of an array, they take three times as long.
    " string_to_array(CAST(:contents AS text), chr(10))) AS n (filing, carrier, number, version, content)"
    " ORDER BY filing"
    " ON CONFLICT (filing) DO UPDATE SET version = excluded.version, content = excluded.content"
    " WHERE register_filings.version < excluded.version"
)
_SAVE_NUMBERS = sa.text(
    "INSERT INTO register_numbers AS known"
    " (carrier, number, access_code, filed_since, newest_since, newest_filing, holder)"
    " SELECT * FROM unnest(CAST(:carriers AS text[]), CAST(:numbers AS text[]), CAST(:codes AS text[]),"
    " CAST(:filed AS timestamptz[]), CAST(:since AS timestamptz[]), CAST(:filings AS uuid[]), CAST(:holders AS text[]))"
    " AS n (carrier, number, access_code, filed_since, newest_since, newest_filing, holder) ORDER BY carrier, number"
    " ON CONFLICT (carrier, number) DO UPDATE SET filed_since = least(known.filed_since, excluded.filed_since),"
    " (newest_since, newest_filing, holder) = (SELECT * FROM (VALUES"
    " (known.newest_since, known.newest_filing, known.holder),"
    " (excluded.newest_since, excluded.newest_filing, excluded.holder)) AS each ORDER BY 1 DESC, 2 DESC LIMIT 1)"
    " WHERE excluded.filed_since < known.filed_since"
    " OR (excluded.newest_since, excluded.newest_filing) > (known.newest_since, known.newest_filing)"
)


def save_filings(tx: Tx, messages: Sequence[Message[FilingRecorded]] | Sequence[Message[PortDeclaredV1]]) -> None:
    """Store the newest state of each filing. One that is older than the stored one changes nothing; none is removed."""
    filings: dict[UUID, tuple[int, FilingRecorded | PortDeclaredV1, Filing]] = {}
    for message in messages:
        for filing in message.event.filings:
            if filing.filing not in filings or filings[filing.filing][0] < message.version:
                filings[filing.filing] = message.version, message.event, filing
    if not filings:
        return
    tx.execute(
        _SAVE_FILINGS,
        {
            "filings": list(filings),
            "carriers": [port.carrier for _, port, _ in filings.values()],
            "numbers": [port.number for _, port, _ in filings.values()],
            "versions": [version for version, _, _ in filings.values()],
            "contents": _encoder.encode_lines([filing for _, _, filing in filings.values()])[:-1].decode(),
        },
    )
    _save_numbers(tx, [(port, filing) for _, port, filing in filings.values()])


def _save_numbers(tx: Tx, filed: Iterable[tuple[FilingRecorded | PortDeclaredV1, Filing]]) -> None:
    """Store the start of the first filing of these numbers, and the holder in the last one."""
    numbers: dict[tuple[str, str], tuple[str, datetime, Filing]] = {}
    for port, filing in filed:
        code, since, newest = numbers.get((port.carrier, port.number), (port.access_code, filing.valid_from, filing))
        newest = max(newest, filing, key=began)
        numbers[port.carrier, port.number] = code, min(since, filing.valid_from), newest
    tx.execute(
        _SAVE_NUMBERS,
        {
            "carriers": [carrier for carrier, _ in numbers],
            "numbers": [number for _, number in numbers],
            "codes": [code for code, _, _ in numbers.values()],
            "filed": [since for _, since, _ in numbers.values()],
            "since": [newest.valid_from for _, _, newest in numbers.values()],
            "filings": [newest.filing for _, _, newest in numbers.values()],
            "holders": [newest.holder for _, _, newest in numbers.values()],
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
    filings: dict[tuple[str, str], list[Filing]] = {}
    for row in read.execute(_FILINGS, {"numbers": sorted(numbers)}):
        filings.setdefault((row.number, row.carrier), []).append(_filing.decode(row.content))
    found: dict[str, list[RegisteredPort]] = {}
    for (number, carrier), history in filings.items():
        found.setdefault(number, []).append(RegisteredPort(carrier, number, tuple(history)))
    return found
