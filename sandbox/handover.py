"""A batch of clues as the authority receives it: parsed, and verified by its digest."""

from __future__ import annotations

import hashlib
from uuid import UUID

import msgspec


class Tampered(Exception):
    """The content differs from the sealed batch. The message states the difference."""


class ListedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document in the manifest: SHA-256 in hexadecimal, and its length."""

    clue: UUID
    digest: str
    bytes: int


class ReceivedManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The documents of a batch, and its authority."""

    batch: UUID
    authority: str
    clues: tuple[ListedDocument, ...]


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    clue: UUID


# Built at import: threads that build the same type at the same time crash the process.
_MANIFESTS = msgspec.json.Decoder(ReceivedManifest)
_DOCUMENTS = msgspec.json.Decoder(_Document)


def verified_manifest(content: bytes, digest: str) -> ReceivedManifest:
    """The manifest of a complete batch: its first line, which has that digest (SHA-256, hexadecimal), lists every
    further line in order, with id, length and digest. Raises Tampered."""
    first, *documents = content.removesuffix(b"\n").split(b"\n")
    if _digest(first) != digest:
        raise Tampered(f"the manifest has the digest {_digest(first)}, the sealed batch {digest}")
    try:
        manifest = _MANIFESTS.decode(first)
    except ValueError as error:
        raise Tampered(f"the manifest is malformed: {error}") from error
    if len(documents) != len(manifest.clues):
        raise Tampered(f"the manifest lists {len(manifest.clues)} documents, the content has {len(documents)}")
    for listed, document in zip(manifest.clues, documents, strict=True):
        if (len(document), _digest(document)) != (listed.bytes, listed.digest):
            raise Tampered(f"the document of clue {listed.clue} does not match the manifest")
        if _clue_of(document) != listed.clue:
            raise Tampered(f"the document listed for clue {listed.clue} is about another clue")
    return manifest


def _clue_of(document: bytes) -> UUID | None:
    try:
        return _DOCUMENTS.decode(document).clue
    except ValueError:
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
