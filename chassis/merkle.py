"""Merkle trees as in RFC 6962, 2.1, with SHA-256: one hash for a list of texts, of which none can be changed, removed,
added or moved without changing it."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

_LEAF, _NODE = b"\x00", b"\x01"
"""They precede what is hashed, so that no leaf has the hash of a node."""


def leaf_hash(content: bytes) -> bytes:
    """The hash of one element of the list."""
    return sha256(_LEAF + content).digest()


def root_hash(leaves: Iterable[bytes]) -> bytes:
    """The hash of a list, from the hashes of its elements."""
    level = list(leaves)
    if not level:
        return sha256().digest()
    # RFC 6962 divides a list at the largest power of two below its length. That is the same as to join neighbours,
    # level by level, while the last one of an odd number rises alone.
    while len(level) > 1:
        joined = [sha256(_NODE + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level = joined + level[len(joined) * 2 :]
    return level[0]
