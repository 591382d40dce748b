"""Enterprises by their credit code, as the register's filings name them: written by the projection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.events.envelope import Message
from contracts.ports import PortDeclared

_NAME = sa.text(
    "INSERT INTO enterprises (code, name, filing) SELECT code, name, filing "
    "FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:filings AS uuid[])) AS new(code, name, filing) "
    'ORDER BY code COLLATE "C" '
    "ON CONFLICT (code) DO UPDATE SET name = excluded.name, filing = excluded.filing "
    "WHERE enterprises.filing < excluded.filing"
)


def keep_names(tx: Tx, messages: Sequence[Message[PortDeclared]]) -> None:
    """Keep every enterprise under the name of the last filing that names it.

    An enterprise is named by many ports, whose versions tell nothing of each other. Filings are never changed or taken
    back and their identifiers sort by time: the last one is the same in whatever order snapshots are heard, and from
    the newest of every port alone.
    """
    names: dict[str, tuple[UUID, str]] = {}
    for message in messages:
        for filing in message.event.filings:
            # Where it holds the port for itself and is named in two ways, the holder's name stands: the later entry.
            for code, name in ((filing.provider, filing.provider_name), (filing.holder, filing.holder_name)):
                if code not in names or names[code][0] <= filing.filing:
                    names[code] = filing.filing, name
    if names:
        tx.execute(
            _NAME,
            {
                "codes": list(names),
                "names": [name for _, name in names.values()],
                "filings": [filing for filing, _ in names.values()],
            },
        )


def names_of(read: Read, codes: Iterable[str]) -> dict[str, str]:
    """The names of those of these enterprises that the register has."""
    wanted = sorted(set(codes))
    if not wanted:
        return {}
    statement = sa.text("SELECT code, name FROM enterprises WHERE code = ANY(CAST(:codes AS text[]))")
    return {row.code: row.name for row in read.execute(statement, {"codes": wanted})}
