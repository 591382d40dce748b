"""What complaints contain, encrypted under the data keys of the quarter in which they are filed: the text with the
sender as typed, and the complainant's number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis import privacy
from chassis.calendar import quarter_of
from chassis.data_keys import DataKeys, keys_to_read, keys_to_write
from chassis.database import Read, Tx
from chassis.quarantine import HELD
from chassis.stored import of_row
from chassis.sweeper import Slice
from services.complaints.model import ComplaintState
from services.complaints.store.erasure import erase

TEXT: Final = "text"
NUMBER: Final = "number"
CLASSES: Final = (TEXT, NUMBER)
"""The classes of data keys. `attachment` is reserved."""

_written = msgspec.msgpack.Encoder()
_read = msgspec.msgpack.Decoder(tuple[str, str])


class Sealer:
    """Encrypts what the complaints of one quarter contain. Ciphertext is bound to the id of its complaint."""

    def __init__(self, tx: Tx, filed_at: datetime) -> None:
        self._quarter = quarter_of(filed_at)
        self._keys = keys_to_write(tx, self._quarter, CLASSES)

    def text(self, complaint: UUID, text: str, sender_raw: str) -> bytes | None:
        """The ciphertext of a message and its sender as typed; None where the key is destroyed."""
        return self._keys.encrypt((self._quarter, TEXT), _written.encode((text, sender_raw)), complaint.bytes)

    def number(self, complaint: UUID, number: str) -> bytes | None:
        """The ciphertext of a complainant's number; None where the key is destroyed."""
        return self._keys.encrypt((self._quarter, NUMBER), number.encode(), complaint.bytes)


def keys_for(read: Read, rows: Iterable[sa.Row[Any]]) -> DataKeys:
    """The keys to read these rows of `complaints` with."""
    return keys_to_read(read, (_quarter_of(row) for row in rows if row.text is None))


@of_row
def _quarter_of(row: sa.Row[Any]) -> str:
    return quarter_of(row.filed_at)


def text_in(row: sa.Row[Any], keys: DataKeys) -> str | None:
    """The text in a row; None where it is erased. A row of release 0.1.0 has it in clear until the sweep has come to
    it. Raises UndecipherableError."""
    if row.text is not None:
        return str(row.text)
    plain = None
    if row.text_cipher is not None:
        plain = keys.decrypt((quarter_of(row.filed_at), TEXT), row.text_cipher, row.id.bytes)
    return None if plain is None else _read.decode(plain)[0]


def number_in(row: sa.Row[Any], keys: DataKeys) -> str | None:
    """The complainant's number in a row; None where it is erased. Raises as `text_in`."""
    if row.number_cipher is None:
        return None
    if row.text is not None:
        return privacy.ring().decrypt(row.number_cipher, row.id.bytes).decode()
    plain = keys.decrypt((quarter_of(row.filed_at), NUMBER), row.number_cipher, row.id.bytes)
    return None if plain is None else plain.decode()


_CLEAR = (
    "SELECT id FROM complaints WHERE text IS NOT NULL AND bucket = ANY(CAST(:buckets AS smallint[]))"  # noqa: S608
    f" AND CAST(id AS text) NOT IN {HELD} ORDER BY id LIMIT :limit"
)
_LOCK_CLEAR = sa.text(
    "SELECT id, state, sender_raw, text, number_cipher, filed_at FROM complaints"
    " WHERE id = ANY(CAST(:ids AS uuid[])) AND text IS NOT NULL ORDER BY id FOR UPDATE SKIP LOCKED"
)
_SEAL = sa.text(
    "UPDATE complaints AS old SET text = NULL, sender_raw = NULL, text_cipher = new.text_cipher,"
    " number_cipher = new.number_cipher FROM unnest(CAST(:ids AS uuid[]), CAST(:texts AS bytea[]),"
    " CAST(:numbers AS bytea[])) AS new (id, text_cipher, number_cipher) WHERE old.id = new.id"
)


def find_clear(read: Read, piece: Slice) -> list[str]:
    """The complaints whose content release 0.1.0 has stored in clear, the oldest first."""
    parameters = {"buckets": list(piece.buckets), "limit": piece.limit, "sweep": piece.sweep}
    return [str(each) for each in read.execute(sa.text(_CLEAR), parameters).scalars()]


def seal_clear(tx: Tx, ids: Sequence[str]) -> int:
    """Encrypt the content of those of these complaints that have it in clear, and erase that of withdrawn ones. Returns
    how many. Skips rows that another transaction has locked."""
    rows = tx.execute(_LOCK_CLEAR, {"ids": list(ids)}).all()
    sealers: dict[str, Sealer] = {}
    sealed: list[tuple[UUID, bytes | None, bytes | None]] = []
    withdrawn = [row.id for row in rows if row.state == ComplaintState.WITHDRAWN]
    if withdrawn:
        erase(tx, withdrawn)
    for row in rows:
        if row.state == ComplaintState.WITHDRAWN:
            continue
        quarter = quarter_of(row.filed_at)
        if quarter not in sealers:
            sealers[quarter] = Sealer(tx, row.filed_at)
        sealed.append(_sealed(row, sealers[quarter]))
    if sealed:
        identifiers, texts, numbers = (list(column) for column in zip(*sealed, strict=True))
        tx.execute(_SEAL, {"ids": identifiers, "texts": texts, "numbers": numbers})
    return len(rows)


def _sealed(row: sa.Row[Any], sealer: Sealer) -> tuple[UUID, bytes | None, bytes | None]:
    number = privacy.ring().decrypt(row.number_cipher, row.id.bytes).decode()
    return row.id, sealer.text(row.id, row.text, row.sender_raw), sealer.number(row.id, number)
