"""Receipts: the secret with which a complainant follows a complaint. Only its hash is stored.

A receipt is derived from the id of its complaint under a key that is never rotated: a complaint that is sent again gets
the same receipt, which cannot be read from the database.
"""

from __future__ import annotations

import base64
import hashlib
from uuid import UUID

from chassis import privacy

_RECEIPT_BYTES = 16


def receipt_of(complaint: UUID) -> str:
    """The receipt of a complaint: 128 bits in 22 characters (RFC 4648, section 5)."""
    secret = privacy.ring().fingerprint(f"receipt:{complaint}")[:_RECEIPT_BYTES]
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def digest_of(receipt: str) -> bytes:
    """What is stored of a receipt: SHA-256, which needs no key: 2^128 receipts cannot be tried."""
    return hashlib.sha256(receipt.encode()).digest()


def receipt_with(complaint: UUID, digest: bytes | None) -> str | None:
    """The receipt of a complaint whose row has this digest; None where it has none, and where it was drawn by release
    0.1.0, of whose receipts only the digests are left."""
    if digest is None:
        return None
    receipt = receipt_of(complaint)
    return receipt if digest_of(receipt) == digest else None
