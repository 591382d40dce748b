"""What enterprises are called: a projection of the port register, one row per credit code.

Of all filings that ever named an enterprise the newest gives its name: the one that came into force last, of several
the one of the port's highest version. It is the greatest of all under one order, so that facts may come in any order,
and twice: the same rows come out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from chassis.database import Read, Tx
from chassis.events.envelope import Message
from contracts.ports import PortDeclared

_RANK = "valid_from, version, carrier, number, name"
_KEEP = sa.text(
    f"INSERT INTO enterprise_names AS known (code, {_RANK}) "  # noqa: S608 - a constant of this module
    "SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:valid_from AS timestamptz[]), CAST(:versions AS integer[]), "
    "CAST(:carriers AS text[]), CAST(:numbers AS text[]), CAST(:names AS text[])) "
    f"AS new(code, {_RANK}) ORDER BY code "
    f"ON CONFLICT (code) DO UPDATE SET ({_RANK}) = "
    "(excluded.valid_from, excluded.version, excluded.carrier, excluded.number, excluded.name) "
    "WHERE (known.valid_from, known.version, known.carrier, known.number, known.name) < "
    "(excluded.valid_from, excluded.version, excluded.carrier, excluded.number, excluded.name)"
)


def keep_names(tx: Tx, messages: Sequence[Message[PortDeclared]]) -> None:
    """Keep the names of the holder and the provider of every filing that was ever in force."""
    newest: dict[str, tuple[datetime, int, str, str, str]] = {}
    for message in messages:
        port = message.event
        for filing in port.filings:
            if filing.valid_to is not None and filing.valid_to <= filing.valid_from:
                continue  # a correction replaced it
            for code, name in ((filing.holder, filing.holder_name), (filing.provider, filing.provider_name)):
                rank = (filing.valid_from, message.version, port.carrier, port.number, name)
                newest[code] = max(rank, newest.get(code, rank))
    if not newest:
        return
    valid_from, versions, carriers, numbers, names = zip(*newest.values(), strict=True)
    tx.execute(
        _KEEP,
        {
            "codes": list(newest),
            "valid_from": list(valid_from),
            "versions": list(versions),
            "carriers": list(carriers),
            "numbers": list(numbers),
            "names": list(names),
        },
    )


def names_of(read: Read, codes: Iterable[str]) -> dict[str, str]:
    """The names of those of these enterprises that the register knows."""
    rows = read.execute(
        sa.text("SELECT code, name FROM enterprise_names WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": sorted(set(codes))},
    )
    return {row.code: row.name for row in rows}
