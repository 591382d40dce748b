"""A batch of clues, sealed for one authority: sealed ──► received.

What was sealed never changes: the manifest lists every document with its digest, and the digest of the manifest stands
for the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.aggregate import Aggregate, Cause, ConflictError
from contracts import referrals as facts


class BatchState(StrEnum):
    """Whether the authority has said that it has it."""

    SEALED = "sealed"
    RECEIVED = "received"


class Because(StrEnum):
    """Why a batch was sealed: the quarter is over, staff said so, or a suspected crime cannot wait."""

    CALENDAR = "calendar"
    COMMAND = "command"
    CRIME = "crime"


@dataclass(kw_only=True)
class Batch(Aggregate):
    """Clues sealed for one authority. `digest` is the SHA-256 of the manifest, in hexadecimal; `sealing` the order to
    seal that it belongs to, None where a crime was sealed at once."""

    authority: str
    because: Because
    sealing: UUID | None
    correlation_id: str
    clues: int
    manifest: bytes
    digest: str
    sealed_at: datetime
    received_at: datetime | None = None

    @classmethod
    def seal(
        cls,
        identifier: UUID,
        *,
        authority: str,
        because: Because,
        sealing: UUID | None,
        clues: int,
        manifest: bytes,
        digest: str,
        at: datetime,
        cause: Cause,
    ) -> Batch:
        """Seal what the manifest lists. The manifest names the batch, so that its identifier is there before."""
        batch = cls(
            id=identifier,
            authority=authority,
            because=because,
            sealing=sealing,
            correlation_id=cause.correlation_id,
            clues=clues,
            manifest=manifest,
            digest=digest,
            sealed_at=at,
        )
        batch._record(facts.BatchSealed, cause)
        return batch

    @property
    def state(self) -> BatchState:
        """Whether it was received."""
        return BatchState.SEALED if self.received_at is None else BatchState.RECEIVED

    def receive(self, digest: str, at: datetime, cause: Cause) -> None:
        """The authority has it, and quotes the digest of what it has. Raises ConflictError for another digest, and
        when it was received before."""
        if self.received_at is not None:
            raise ConflictError(
                "batch-is-received", f"The batch was received at {self.received_at:%Y-%m-%d %H:%M:%S}Z."
            )
        if digest != self.digest:
            raise ConflictError("digest-differs", "The digest is not that of the manifest: fetch the batch again.")
        self.received_at = at
        self._record(facts.BatchReceived, cause)

    def _record(self, kind: type[facts.BatchFact], cause: Cause) -> None:
        self.record(
            kind(
                batch=self.id,
                authority=self.authority,
                because=self.because,
                clues=self.clues,
                digest=self.digest,
                sealed_at=self.sealed_at,
                received_at=self.received_at,
            ),
            Cause(self.correlation_id, cause.causation_id, cause.traceparent),
        )
