"""The fixed order in which this service locks, to prevent deadlock:

1. covering filings: one advisory lock, shared by transactions that decide on numbers, exclusive for filings that cover
   longer numbers, whose rows in `senders` cannot be enumerated
2. credit codes: advisory, sorted; shared by filings, exclusive for a listing
3. senders: rows, sorted by number
4. initial loads: rows, sorted by carrier; shared by filings, exclusive for a closing
5. ports: rows, sorted by carrier and number
6. orders: rows, sorted by id
7. enquiries: rows, sorted by id
8. listings: rows, sorted by entry
9. shutdown proposals: rows, sorted by id
10. holders of access codes: rows that are inserted, sorted

Lock before you read: a transaction that decides on a number, files it, or changes what a decision about it is based on
(the lifting of an order, an answer) first locks its row in `senders`. Otherwise two transactions each see half of the
evidence, and neither acts, or both do.
A batch with complaints first and a standing second locks codes after senders. Where that meets a filing, the database
aborts one of the two transactions, and it is retried.
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
"""Codes share locks: a file names thousands of enterprises, and the server's lock table is finite."""


def lock_numbers(tx: Tx, numbers: Iterable[str]) -> list[str]:
    """Lock these numbers to decide on them; returns them sorted. Until the transaction ends no filing that covers one
    of them can be added."""
    tx.execute(sa.text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _COVERING})
    return _lock_senders(tx, numbers)


def lock_free_numbers(tx: Tx, numbers: Iterable[str]) -> list[str]:
    """Lock those of these known numbers that no other transaction has locked; returns them sorted."""
    tx.execute(sa.text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _COVERING})
    statement = (
        sa.select(SENDERS.c.number)
        .where(SENDERS.c.number == sa.any_(sa.bindparam("numbers", type_=sa.ARRAY(SENDERS.c.number.type))))
        .order_by(SENDERS.c.number)
        .with_for_update(skip_locked=True)
    )
    return list(tx.execute(statement, {"numbers": sorted(set(numbers))}).scalars())


def lock_for_filing(tx: Tx, numbers: Iterable[str], codes: Iterable[str], *, covering: bool) -> None:
    """Lock these numbers and enterprises to file ports. `covering`: a filing also covers longer numbers."""
    if covering:
        tx.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _COVERING})
    # Filings do not exclude each other. A listing takes the same locks exclusively before it selects the enterprise's
    # ports, so that no filing is missed in between.
    tx.execute(
        sa.text("SELECT pg_advisory_xact_lock_shared(:namespace, slot) FROM unnest(CAST(:slots AS int[])) AS slot"),
        {"namespace": _CODES, "slots": _slots(codes)},
    )
    _lock_senders(tx, numbers)


def lock_codes(tx: Tx, codes: Iterable[str]) -> None:
    """Lock these enterprises to change what they may file. Filings that came first are in the register when this
    returns; later ones wait for the transaction to end."""
    tx.execute(
        sa.text("SELECT pg_advisory_xact_lock(:namespace, slot) FROM unnest(CAST(:slots AS int[])) AS slot"),
        {"namespace": _CODES, "slots": _slots(codes)},
    )


def _slots(codes: Iterable[str]) -> list[int]:
    return sorted({zlib.crc32(code.encode()) % _CODE_SLOTS for code in codes})


def _lock_senders(tx: Tx, numbers: Iterable[str]) -> list[str]:
    wanted = sorted(set(numbers))
    # Two transactions that insert the same new number wait here, in the same order as for the locks below.
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
