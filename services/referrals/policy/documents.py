"""The content of a batch: a document per clue and a manifest of them. The same input always gives the same bytes.

No document leads to a complainant: no surrogate, no complaint, no province, and no time of a complaint beyond the
quarter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from chassis.citation import Citation
from chassis.redaction import Redacted
from contracts.authorities import POLICE
from contracts.referrals import Counts, Subject
from services.referrals.model import Clue, SealingTrigger


class SenderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A sender number: its kind, its carrier, the holder of its access code, and the count of complaints about it."""

    number: str
    kind: str
    carrier: str | None
    holder: str | None
    complaints: int


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A clue as its authority receives it.

    `senders` are the numbers with the most complaints, `samples` redacted excerpts of messages. All other fields but
    `sealed_at` are attributes of the clue.
    """

    clue: UUID
    subject: Subject
    industry: str
    category: str
    period: str
    sequence: int
    counts: Counts
    carriers: tuple[str, ...]
    senders: tuple[SenderLine, ...]
    samples: tuple[Redacted, ...]
    authority: str
    sealed_at: datetime
    rules: tuple[Citation, ...]


class ManifestEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A document as the manifest lists it: SHA-256 in hexadecimal, and length."""

    clue: UUID
    digest: str
    bytes: int


class BatchManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch contains."""

    batch: UUID
    authority: str
    because: str
    sealed_at: datetime
    clues: tuple[ManifestEntry, ...]


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """A document as it is stored: its bytes, and their digest."""

    clue_id: UUID
    content: bytes
    digest: str


def may_show_samples(authority: str, vouched: int, least_complainants: int) -> bool:
    """Whether a document may contain excerpts: few complainants could be identified by them, and only vouched ones are
    certain to be different people. The police always receive them."""
    return authority == POLICE or vouched >= least_complainants


def document_of(clue: Clue, senders: Sequence[SenderLine], samples: Sequence[Redacted]) -> SealedDocument:
    """The document of a clue that was just referred."""
    added = {"senders": senders, "samples": samples, "sealed_at": clue.referred_at}
    read = {name: getattr(clue, name) for name in Document.__struct_fields__ if name not in added}
    content = _encoded(msgspec.convert(read | added, Document))
    return SealedDocument(clue.id, content, digest_of(content))


def manifest_of(
    batch: UUID, authority: str, because: SealingTrigger, at: datetime, documents: Sequence[SealedDocument]
) -> bytes:
    """The manifest of a batch: its documents in their order."""
    clues = tuple(ManifestEntry(clue=each.clue_id, digest=each.digest, bytes=len(each.content)) for each in documents)
    return _encoded(BatchManifest(batch=batch, authority=authority, because=because, sealed_at=at, clues=clues))


def digest_of(content: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _encoded(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value, order="deterministic")
