"""This service's copy of the register of ports: written by the projection, read by the assessment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.events.envelope import Message
from chassis.stored import of_row
from contracts.numbers import NumberKind, SenderNumber
from contracts.ports import Filing, FilingRecorded, PortDeclaredV1
from contracts.register import on_record_since
from services.complaints.policy.attribution import CodeHolder, RegisteredPort, RegisterPart

_filing = msgspec.json.Decoder(Filing)
_encoder = msgspec.json.Encoder()

_FILINGS = sa.text(
    "SELECT carrier, number, content::text AS content FROM register_filings"
    " WHERE number = ANY(CAST(:numbers AS text[])) ORDER BY number, carrier"
)

# An access code has thousands of ports and few holders: the recursion jumps from holder to holder in the index, and for
# each of them one filing that was on record is enough. OFFSET 0 forces the lookup in the index.
_HOLDERS = sa.text(
    """
    WITH RECURSIVE held AS (
        SELECT code, found.carrier, found.holder
        FROM unnest(CAST(:codes AS text[])) AS code
        CROSS JOIN LATERAL (
            SELECT carrier, holder FROM register_holders
            WHERE access_code = code
            ORDER BY carrier, holder LIMIT 1
        ) AS found
        UNION ALL
        SELECT held.code, found.carrier, found.holder
        FROM held
        CROSS JOIN LATERAL (
            SELECT carrier, holder FROM register_holders
            WHERE access_code = held.code
              AND (carrier, holder) > (held.carrier, held.holder)
            ORDER BY carrier, holder LIMIT 1
        ) AS found
    )
    SELECT held.code, wanted.at, held.carrier, held.holder, (
        SELECT min(on_record_from) FROM register_holders f
        WHERE f.access_code = held.code AND f.carrier = held.carrier AND f.holder = held.holder
    ) AS since
    FROM unnest(CAST(:wanted AS text[]), CAST(:moments AS timestamptz[])) AS wanted(code, at)
    JOIN held ON held.code = wanted.code
    WHERE (
        SELECT true FROM (
            SELECT * FROM register_holders
            WHERE access_code = held.code AND carrier = held.carrier AND holder = held.holder
              AND on_record_from <= wanted.at OFFSET 0
        ) AS f
        WHERE NOT EXISTS (
            SELECT FROM register_holders AS later
            WHERE later.carrier = f.carrier AND later.number = f.number AND later.on_record_from <= wanted.at
              AND (later.valid_from, later.filing) > (f.valid_from, f.filing)
        )
        LIMIT 1
    )
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
_SAVE_HOLDERS = sa.text(
    "INSERT INTO register_holders (filing, carrier, number, access_code, holder, valid_from, on_record_from)"
    " SELECT * FROM unnest(CAST(:filings AS uuid[]), CAST(:carriers AS text[]), CAST(:numbers AS text[]),"
    " CAST(:codes AS text[]), CAST(:holders AS text[]), CAST(:begins AS timestamptz[]), CAST(:since AS timestamptz[]))"
    " AS n (filing, carrier, number, access_code, holder, valid_from, on_record_from) ORDER BY filing"
    " ON CONFLICT (filing) DO NOTHING"
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
    # What staff file does not show who holds an access code: a complaint names an enterprise by that.
    by_carriers = [(port, filing) for _, port, filing in filings.values() if not filing.filed_by]
    tx.execute(
        _SAVE_HOLDERS,
        {
            "filings": [filing.filing for _, filing in by_carriers],
            "carriers": [port.carrier for port, _ in by_carriers],
            "numbers": [port.number for port, _ in by_carriers],
            "codes": [port.access_code for port, _ in by_carriers],
            "holders": [filing.holder for _, filing in by_carriers],
            "begins": [filing.valid_from for _, filing in by_carriers],
            "since": [on_record_since(filing) for _, filing in by_carriers],
        },
    )


def load_register(read: Read, messages: Iterable[tuple[SenderNumber, datetime]]) -> RegisterPart:
    """The part of the register that these senders need at these moments of sending, in at most three statements."""
    sent = [(sender, at) for sender, at in messages if sender.kind is NumberKind.PORT]
    if not sent:
        return RegisterPart()
    ports = _ports(read, {sender.number for sender, _ in sent})
    exact = RegisterPart(ports=ports)
    unfiled = [(sender, at) for sender, at in sent if not exact.filed(sender, at)]
    if not unfiled:
        return exact
    prefixes = {prefix for sender, _ in unfiled for prefix in sender.declared_prefixes} - ports.keys()
    return RegisterPart(ports=ports | _ports(read, prefixes), holders=_holders(read, unfiled))


def _holders(
    read: Read, messages: Iterable[tuple[SenderNumber, datetime]]
) -> dict[tuple[str, datetime], list[CodeHolder]]:
    wanted = sorted({(sender.base, at) for sender, at in messages if sender.base is not None})
    moments = {"wanted": [code for code, _ in wanted], "moments": [at for _, at in wanted]}
    found: dict[tuple[str, datetime], list[CodeHolder]] = {}
    for row in read.execute(_HOLDERS, {"codes": sorted({code for code, _ in wanted})} | moments):
        found.setdefault((row.code, row.at), []).append(CodeHolder(row.carrier, row.holder, row.since))
    return found


@of_row
def _decoded(row: sa.Row[Any]) -> Filing:
    return _filing.decode(row.content)


def _ports(read: Read, numbers: Iterable[str]) -> dict[str, list[RegisteredPort]]:
    filings: dict[tuple[str, str], list[Filing]] = {}
    for row in read.execute(_FILINGS, {"numbers": sorted(numbers)}):
        filings.setdefault((row.number, row.carrier), []).append(_decoded(row))
    found: dict[str, list[RegisteredPort]] = {}
    for (number, carrier), history in filings.items():
        found.setdefault(number, []).append(RegisteredPort(carrier, number, tuple(history)))
    return found
