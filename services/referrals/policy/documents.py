"""What is handed over: a document per clue and a manifest of them, each the same bytes whenever it is made.

No document tells of a complainant: no surrogate, no complaint, no province, of their times no more than the quarter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from chassis.citation import Citation
from contracts.authorities import POLICE
from contracts.referrals import Counts, Subject
from services.referrals.model import Because, Clue


class SenderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A number that messages came from: what it is, whose network and access code it is on, and how many complaints
    are about it."""

    number: str
    kind: str
    carrier: str | None
    holder: str | None
    complaints: int


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A clue as an authority gets it. `senders` are those with the most complaints, `samples` redacted excerpts."""

    clue: UUID
    subject: Subject
    industry: str
    category: str
    period: str
    sequence: int
    counts: Counts
    carriers: tuple[str, ...]
    senders: tuple[SenderLine, ...]
    samples: tuple[str, ...]
    authority: str
    sealed_at: datetime
    rules: tuple[Citation, ...]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A document as the manifest lists it: SHA-256 in hexadecimal, and its length."""

    clue: UUID
    digest: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch consists of."""

    batch: UUID
    authority: str
    because: str
    sealed_at: datetime
    clues: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A document as it is kept: its bytes, and their digest."""

    clue: UUID
    content: bytes
    digest: str


def may_show_samples(authority: str, complainants: int, least_complainants: int) -> bool:
    """Whether texts may leave: one of few could be traced to who complained. The police get them of any crime."""
    return authority == POLICE or complainants >= least_complainants


def document_of(clue: Clue, senders: Sequence[SenderLine], samples: Sequence[str]) -> Sealed:
    """The document of a clue that was just referred."""
    assert clue.authority is not None
    assert clue.referred_at is not None
    place = clue.place
    content = _encoded(
        Document(
            clue=clue.id,
            subject=Subject(kind=place.kind, value=place.value, name=clue.name),
            industry=place.industry,
            category=place.category,
            period=place.period,
            sequence=clue.sequence,
            counts=clue.stock.counts,
            carriers=clue.stock.carriers,
            senders=tuple(senders),
            samples=tuple(samples),
            authority=clue.authority,
            sealed_at=clue.referred_at,
            rules=clue.rules,
        )
    )
    return Sealed(clue.id, content, digest_of(content))


def manifest_of(batch: UUID, authority: str, because: Because, at: datetime, documents: Sequence[Sealed]) -> bytes:
    """The manifest of a batch: its documents in their order."""
    listed = tuple(Listed(clue=each.clue, digest=each.digest, bytes=len(each.content)) for each in documents)
    return _encoded(Manifest(batch=batch, authority=authority, because=because, sealed_at=at, clues=listed))


def digest_of(content: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _encoded(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value, order="deterministic")
