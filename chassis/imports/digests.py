"""The digests of files with personal data, encrypted under the key ring.

By the plain SHA-256 of a file of one complaint its number can be found, by trying all numbers.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from chassis import privacy
from chassis.database import Tx
from chassis.imports.importer import Importer
from chassis.imports.resource import IMPORTS
from chassis.sweeper import Chore, Slice

_SHA256_BYTES: Final = 32
"""A ciphertext is longer."""

_LOCK_CLEAR = sa.text(
    "SELECT id, digest FROM imports WHERE kind = :kind AND octet_length(digest) = :clear"
    " ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
)


def seal_digest(import_id: UUID, digest: bytes) -> bytes:
    """The ciphertext of the SHA-256 of a file, bound to its import."""
    return privacy.ring().encrypt(digest, _belonging(import_id))


def digest_in(row: sa.Row[Any]) -> bytes | None:
    """The SHA-256 in the row of an import of personal data; None where the key ring has no key for it: a file that
    failed for that reason is shown. One of release 0.1.0 is in clear until `seal_digests` has come to it."""
    if len(row.digest) == _SHA256_BYTES:
        return bytes(row.digest)
    try:
        return privacy.ring().decrypt(row.digest, _belonging(row.id))
    except privacy.UndecipherableError:
        return None


def seal_digests(importer: Importer[Any]) -> Chore:
    """The chore that encrypts the digests of files of personal data that release 0.1.0 has received."""

    def run(tx: Tx, piece: Slice) -> int:
        clear = tx.execute(_LOCK_CLEAR, {"kind": importer.kind, "clear": _SHA256_BYTES, "limit": piece.limit}).all()
        for row in clear:
            sealed = seal_digest(row.id, row.digest)
            tx.execute(IMPORTS.update().where(IMPORTS.c.id == row.id).values(digest=sealed))
        return len(clear)

    return Chore(name="seal-import-digests", run=run, every=timedelta(minutes=1), limit=500, woken=False)


def _belonging(import_id: UUID) -> bytes:
    return f"import-digest:{import_id}".encode()
