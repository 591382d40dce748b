"""The fixed order in which this service locks, so that nobody waits in a circle:

1. covering filings: one advisory lock, shared by whoever decides on numbers, exclusive for who files a port that
   answers for longer numbers, whose rows in `senders` nobody can know
2. credit codes: advisory, sorted; shared by filings, exclusive for a listing
3. senders: rows, sorted by number
4. ports: rows, sorted by carrier and number
5. orders: rows, sorted by id
6. enquiries: rows, sorted by id
7. listings: rows, sorted by entry
8. shutdown proposals: rows, sorted by id
9. holders of access codes: rows that are added, sorted

Lock before you read: whoever decides on a number, files it, or changes what a decision about it looks at (an order's
lifting, an answer) first locks its row in `senders`. Otherwise two of them see half each, and nobody or both act.
A batch that hears of complaints first and of a standing then takes codes after senders: where that meets a filing one
of the two is turned back by the database, and tried again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import sqlalchemy as sa

from chassis.database import Tx
from services.ports.store.tables import SENDERS

_COVERING = zlib.crc32(b"ports: covering filings")
_CODES = zlib.crc32(b"ports: credit codes") - 2**31
_CODE_SLOTS = 512
"""Codes share locks: a file names thousands of enterprises, and the server's table of locks is finite."""


def deciding(tx: Tx, numbers: Iterable[str]) -> list[str]:
    """Lock these numbers to decide on them; returns them sorted. No filing that answers for one can come in before
    the transaction ends."""
    tx.execute(sa.text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _COVERING})
    return _senders(tx, numbers)


def deciding_if_free(tx: Tx, numbers: Iterable[str]) -> list[str]:
    """Lock those of these numbers, decided on before, that nobody else has; returns them sorted."""
    tx.execute(sa.text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _COVERING})
    statement = (
        sa.select(SENDERS.c.number)
        .where(SENDERS.c.number == sa.any_(sa.bindparam("numbers", type_=sa.ARRAY(SENDERS.c.number.type))))
        .order_by(SENDERS.c.number)
        .with_for_update(skip_locked=True)
    )
    return list(tx.execute(statement, {"numbers": sorted(set(numbers))}).scalars())


def filing(tx: Tx, numbers: Iterable[str], codes: Iterable[str], *, covering: bool) -> None:
    """Lock these numbers and enterprises to file ports. `covering`: a filing answers for longer numbers, too."""
    if covering:
        tx.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _COVERING})
    # Filings do not mind each other. A listing takes the same locks for itself before it looks for the enterprise's
    # ports: no filing slips between.
    tx.execute(
        sa.text("SELECT pg_advisory_xact_lock_shared(:namespace, slot) FROM unnest(CAST(:slots AS int[])) AS slot"),
        {"namespace": _CODES, "slots": _slots(codes)},
    )
    _senders(tx, numbers)


def listing(tx: Tx, codes: Iterable[str]) -> None:
    """Lock these enterprises to change what they may file. Filings of theirs that came first are in the register
    when this returns, others wait for the transaction to end."""
    tx.execute(
        sa.text("SELECT pg_advisory_xact_lock(:namespace, slot) FROM unnest(CAST(:slots AS int[])) AS slot"),
        {"namespace": _CODES, "slots": _slots(codes)},
    )


def _slots(codes: Iterable[str]) -> list[int]:
    return sorted({zlib.crc32(code.encode()) % _CODE_SLOTS for code in codes})


def _senders(tx: Tx, numbers: Iterable[str]) -> list[str]:
    wanted = sorted(set(numbers))
    # Two that add the same new number meet here, in the same order as at the locks below.
    tx.execute(
        sa.text(
            "INSERT INTO senders (number) SELECT number FROM unnest(CAST(:numbers AS text[])) AS new(number) "
            'ORDER BY number COLLATE "C" ON CONFLICT DO NOTHING'
        ),
        {"numbers": wanted},
    )
    tx.execute(
        sa.text("SELECT number FROM senders WHERE number = ANY(CAST(:numbers AS text[])) ORDER BY number FOR UPDATE"),
        {"numbers": wanted},
    )
    return wanted
