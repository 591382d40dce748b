"""The names of enterprises by credit code, as filed in the register. Written by the projection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.events.envelope import Message
from contracts.ports import FilingRecorded, PortDeclaredV1

_SAVE = sa.text(
    "INSERT INTO enterprises (code, name, filing) SELECT code, name, filing "
    "FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:filings AS uuid[])) AS new(code, name, filing) "
    'ORDER BY code COLLATE "C" '
    "ON CONFLICT (code) DO UPDATE SET name = excluded.name, filing = excluded.filing "
    "WHERE enterprises.filing < excluded.filing"
)


def save_names(tx: Tx, messages: Sequence[Message[FilingRecorded]] | Sequence[Message[PortDeclaredV1]]) -> None:
    """Store every enterprise under the name in the last filing that names it.

    Many ports name one enterprise, and the versions of different ports cannot be compared. Filings never change, are
    never removed, and their ids sort by time: the last one is the same in any order of receipt, and also where only the
    newest message of each port is read.
    """
    names: dict[str, tuple[UUID, str]] = {}
    for message in messages:
        for filing in message.event.filings:
            # A holder that is its own provider may be named in two ways: the holder's name, the later entry, is stored.
            for code, name in ((filing.provider, filing.provider_name), (filing.holder, filing.holder_name)):
                if code not in names or names[code][0] <= filing.filing:
                    names[code] = filing.filing, name
    if names:
        tx.execute(
            _SAVE,
            {
                "codes": list(names),
                "names": [name for _, name in names.values()],
                "filings": [filing for filing, _ in names.values()],
            },
        )


def load_names(read: Read, codes: Iterable[str]) -> dict[str, str]:
    """The names of those of these enterprises that are in the register."""
    wanted = sorted(set(codes))
    if not wanted:
        return {}
    statement = sa.text("SELECT code, name FROM enterprises WHERE code = ANY(CAST(:codes AS text[]))")
    return {row.code: row.name for row in read.execute(statement, {"codes": wanted})}
