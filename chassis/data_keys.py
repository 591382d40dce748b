"""Data keys: the content of rows is encrypted under one key for each quarter and class, such as the texts of 2026Q4.

A data key is stored wrapped by the key ring. To rotate the ring is to wrap the data keys again, which takes
milliseconds; to destroy a data key is to erase its class of its quarter, wherever copies of the rows are. The quarter
is the one in which a row is written, so that none is written under the key of a quarter that is over.

A process keeps the keys of the quarter in which it writes; those to read with are read from the table each time, so
that a destroyed key is in use nowhere.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

import psycopg
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis import clock
from chassis.calendar import end_of
from chassis.database import Key, Read, Tx, moment
from chassis.privacy import KEY_BYTES, NONCE_BYTES, KeyRing, UndecipherableError, ring

Name = tuple[str, str]
"""A quarter ("2026Q4") and a class ("text")."""

MARGIN: Final = timedelta(days=1)
"""After this time a quarter is over for every transaction that began in it."""

_READ = "SELECT quarter, class AS kind, wrapped FROM data_keys WHERE quarter = ANY(%(quarters)s)"
_MAKE = (
    "INSERT INTO data_keys (quarter, class, wrapped, wrapped_by, created_at)"
    " VALUES (%(quarter)s, %(class)s, %(wrapped)s, %(wrapped_by)s, %(at)s) ON CONFLICT DO NOTHING"
)
_OTHERS = (
    "SELECT quarter, class AS kind, wrapped FROM data_keys WHERE wrapped_by <> %(wrapped_by)s"
    " ORDER BY quarter, class FOR UPDATE"
)
_WRAP = (
    "UPDATE data_keys SET wrapped = %(wrapped)s, wrapped_by = %(wrapped_by)s"
    " WHERE quarter = %(quarter)s AND class = %(class)s"
)
_DESTROY = (
    "INSERT INTO data_keys (quarter, class, created_at, destroyed_at) VALUES (%(quarter)s, %(class)s, %(at)s, %(at)s)"
    " ON CONFLICT (quarter, class) DO UPDATE SET wrapped = NULL, wrapped_by = NULL, destroyed_at = %(at)s"
    " WHERE data_keys.destroyed_at IS NULL RETURNING quarter"
)


class KeyInUseError(ValueError):
    """The quarter of a data key is not over."""


def declare(metadata: sa.MetaData) -> sa.Table:
    """The table of data keys, for the metadata of a service that has them."""
    return sa.Table(
        "data_keys",
        metadata,
        sa.Column("quarter", Key, primary_key=True),
        sa.Column("class", Key, primary_key=True),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("wrapped_by", Key),
        moment("created_at", nullable=False),
        moment("destroyed_at"),
        sa.CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed"),
        sa.CheckConstraint("(wrapped IS NULL) = (wrapped_by IS NULL)", name="wrapped_by"),
    )


class DataKeys:
    """Data keys by quarter and class; None stands for one that is destroyed."""

    def __init__(self, ciphers: Mapping[Name, AESGCM | None]) -> None:
        self._ciphers = ciphers

    def encrypt(self, name: Name, plain: bytes, aad: bytes) -> bytes | None:
        """Ciphertext of `plain` that decrypts only with the same `aad`; None where the key is destroyed."""
        cipher = self._ciphers[name]
        if cipher is None:
            return None
        nonce = os.urandom(NONCE_BYTES)
        return nonce + cipher.encrypt(nonce, plain, aad)

    def decrypt(self, name: Name, sealed: bytes | None, aad: bytes) -> bytes | None:
        """The plain text; None where it or its key is destroyed. Raises UndecipherableError."""
        if name not in self._ciphers:
            raise UndecipherableError(f"there is no data key {' '.join(name)}")
        cipher = self._ciphers[name]
        if cipher is None or sealed is None:
            return None
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
        except (InvalidTag, ValueError) as error:
            raise UndecipherableError("damaged, or sealed for something else") from error


def keys_to_write(tx: Tx, quarter: str, classes: Collection[str]) -> DataKeys:
    """The data keys of a quarter; missing ones are made. For the quarter in which this process has written last,
    without a statement."""
    keys = ring()
    written, ciphers = keys.written
    if written != quarter:
        found = _read(tx, [quarter])
        missing = [each for each in classes if (quarter, each) not in found]
        if missing:
            _make(tx, keys, quarter, missing)
            found = _read(tx, [quarter])
        ciphers = {name: _unwrapped(keys, name, wrapped) for name, wrapped in found.items()}
        if None not in ciphers.values():
            keys.written = quarter, ciphers
    return DataKeys(ciphers)


def keys_to_read(read: Read, quarters: Iterable[str]) -> DataKeys:
    """The data keys of these quarters as they are now; without a statement for no quarter."""
    wanted = sorted(set(quarters))
    found = _read(read, wanted) if wanted else {}
    return DataKeys({name: _unwrapped(ring(), name, wrapped) for name, wrapped in found.items()})


def rewrap(tx: Tx, keys: KeyRing) -> int:
    """Wrap each data key by the current key of the ring; returns how many were wrapped by another one."""
    others = tx.rows(_OTHERS, {"wrapped_by": keys.current})
    for row in others:
        name = row.quarter, row.kind
        plain = keys.decrypt(row.wrapped, _belonging(name))
        tx.rows(_WRAP, _row(keys, name, plain))
    return len(others)


def destroy(tx: Tx, quarter: str, kind: str) -> bool:
    """Destroy a data key for ever; False where it is destroyed already. Also where it was never made: none is made
    after that. Raises KeyInUseError before the quarter is over."""
    now = clock.now()
    if now < end_of(quarter) + MARGIN:
        raise KeyInUseError(f"{quarter} is not over for a day: its keys are in use")
    return bool(tx.rows(_DESTROY, {"quarter": quarter, "class": kind, "at": now}))


def list_keys(read: Read) -> list[Any]:
    """The rows of all data keys, the oldest first, without the keys."""
    statement = (
        "SELECT quarter, class AS kind, wrapped_by, created_at, destroyed_at FROM data_keys ORDER BY quarter, class"
    )
    return read.rows(statement, {})


def _read(read: Read, quarters: list[str]) -> dict[Name, bytes | None]:
    return {(row.quarter, row.kind): row.wrapped for row in read.rows(_READ, {"quarters": quarters})}


def _make(tx: Tx, keys: KeyRing, quarter: str, classes: Iterable[str]) -> None:
    # In a transaction of its own: rows of another transaction must not be written under a key that is rolled back with
    # this one. Of several at once one makes the key, and the others wait and read it.
    url = tx.connection.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        for each in classes:
            made = _row(keys, (quarter, each), AESGCM.generate_key(8 * KEY_BYTES))
            connection.execute(_MAKE, made | {"at": clock.now()})


def _row(keys: KeyRing, name: Name, plain: bytes) -> dict[str, Any]:
    wrapped = keys.encrypt(plain, _belonging(name))
    return {"quarter": name[0], "class": name[1], "wrapped": wrapped, "wrapped_by": keys.current}


def _unwrapped(keys: KeyRing, name: Name, wrapped: bytes | None) -> AESGCM | None:
    return None if wrapped is None else AESGCM(keys.decrypt(wrapped, _belonging(name)))


def _belonging(name: Name) -> bytes:
    return f"data-key:{':'.join(name)}".encode()
