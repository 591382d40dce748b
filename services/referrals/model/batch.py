"""A batch of clues, sealed for one authority: sealed ──► received.

Sealed content never changes: the manifest lists every document with its digest, and the digest of the manifest
identifies the whole batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from chassis.aggregate import Aggregate, Cause, ConflictError, fact
from chassis.event import Event
from contracts import referrals as facts


class BatchState(StrEnum):
    """Whether the authority has confirmed receipt."""

    SEALED = "sealed"
    RECEIVED = "received"


class SealingTrigger(StrEnum):
    """Why a batch is sealed: a quarter has ended, staff ordered it, or a suspected crime is urgent."""

    CALENDAR = "calendar"
    COMMAND = "command"
    CRIME = "crime"


@dataclass(kw_only=True)
class Batch(Aggregate):
    """Clues sealed for one authority.

    `digest` is the SHA-256 of the manifest, in hexadecimal. `sealing_id` is the sealing that it belongs to, None for a
    suspected crime that was sealed at once.
    """

    published_as: ClassVar[type[Event]] = facts.BatchFact

    authority: str
    because: SealingTrigger
    sealing_id: UUID | None
    correlation_id: str
    clues: int
    manifest: bytes
    digest: str
    sealed_at: datetime
    received_at: datetime | None = None

    def seal(self, because: Cause) -> None:
        """The authority can fetch the batch."""
        self._record(facts.BatchSealed, because)

    @property
    def batch(self) -> UUID:
        """Its id, as facts about it call it."""
        return self.id

    @property
    def state(self) -> BatchState:
        """Whether it is received."""
        return BatchState.SEALED if self.received_at is None else BatchState.RECEIVED

    def receive(self, digest: str, at: datetime, because: Cause) -> None:
        """The authority confirms receipt by quoting the digest. Raises ConflictError for another digest, and where the
        batch is received already."""
        if self.received_at is not None:
            raise ConflictError(
                "batch-is-received", f"The batch was received at {self.received_at:%Y-%m-%d %H:%M:%S}Z."
            )
        if digest != self.digest:
            raise ConflictError(
                "digest-differs", "The digest is not the digest of the manifest: fetch the batch again."
            )
        self.received_at = at
        self._record(facts.BatchReceived, because)

    def _record(self, kind: type[facts.BatchFact], because: Cause) -> None:
        self.record(fact(kind, self), because.within(self.correlation_id))
