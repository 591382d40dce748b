"""Facts of the referrals service: clues for the authorities that supervise the offenders, and their conclusions."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import msgspec

from chassis.citation import Citation
from chassis.event import Event
from chassis.redaction import Written
from contracts.moments import Moment


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The subject of a clue: an enterprise by its unified social credit code (with its name, if the register has one),
    a normalised signature, or a number."""

    kind: str
    value: str
    name: Written | None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of complaints, distinct complainants and distinct senders of a clue; `vouched` counts the complainants
    that a channel vouches for."""

    complaints: int
    complainants: int
    vouched: int
    senders: int


class Conclusion(msgspec.Struct, frozen=True, kw_only=True):
    """The conclusion of the authority, by a code of the closed list.

    `amount` is a fine in yuan, `enterprise` the credit code of the enterprise that was found behind the subject,
    `decision` the number of the authority's decision.
    """

    code: str
    amount: int | None
    enterprise: str | None
    decision: Written | None
    merged_into: UUID | None
    transferred_to: Written | None
    note: Written | None


class ClueFact(Event, frozen=True, kw_only=True):
    """The whole published state of a clue, as every fact about it carries it.

    `period` is the quarter in which its complaints were received, `sequence` distinguishes the clues of one subject,
    industry and period. Counts are those at the time of the fact until the clue is referred, and those at its sealing
    afterwards. `causes` names the complaint that opened it; `authority` is None while no competent authority is known.
    """

    topic: ClassVar[str] = "referrals.clues.v1"
    aggregate: ClassVar[str] = "clue"

    clue: UUID
    subject: Subject
    industry: str
    category: str
    period: str
    sequence: int
    authority: str | None
    state: str
    counts: Counts
    carriers: tuple[str, ...]
    rules: tuple[Citation, ...]
    causes: tuple[str, ...]
    opened_at: Moment
    batch: UUID | None
    referred_at: Moment | None
    conclude_by: Moment | None
    extended_at: Moment | None
    received_at: Moment | None
    returned_at: Moment | None
    return_reason: str | None
    overdue_since: Moment | None
    concluded_at: Moment | None
    conclusion: Conclusion | None
    annulled_at: Moment | None

    @property
    def aggregate_id(self) -> str:
        return str(self.clue)

    @property
    def key(self) -> str:
        return str(self.clue)


class ClueOpened(ClueFact, frozen=True, kw_only=True):
    """Complaints about a subject are collected for the competent authority."""

    type: ClassVar[str] = "clue-opened.v1"


class ClueRouted(ClueFact, frozen=True, kw_only=True):
    """Staff have routed the clue to an authority: none was known to be competent, or the clue was returned."""

    type: ClassVar[str] = "clue-routed.v1"


class ClueReferred(ClueFact, frozen=True, kw_only=True):
    """The clue is sealed in a batch for its authority; its content no longer changes."""

    type: ClassVar[str] = "clue-referred.v1"


class ClueReceived(ClueFact, frozen=True, kw_only=True):
    """The authority has received the clue: it has returned the digest of the batch."""

    type: ClassVar[str] = "clue-received.v1"


class ClueReturned(ClueFact, frozen=True, kw_only=True):
    """The authority has returned the clue with a reason; staff route it again."""

    type: ClassVar[str] = "clue-returned.v1"


class ClueExtended(ClueFact, frozen=True, kw_only=True):
    """The deadline of the authority is extended, once."""

    type: ClassVar[str] = "clue-extended.v1"


class ClueOverdue(ClueFact, frozen=True, kw_only=True):
    """The deadline has passed without a conclusion."""

    type: ClassVar[str] = "clue-overdue.v1"


class ClueConcluded(ClueFact, frozen=True, kw_only=True):
    """The authority has concluded the clue."""

    type: ClassVar[str] = "clue-concluded.v1"


class ConclusionAnnulled(ClueFact, frozen=True, kw_only=True):
    """The decision behind the conclusion is annulled; what is based on it falls (Penalty Law Art. 48)."""

    type: ClassVar[str] = "conclusion-annulled.v1"


class BatchFact(Event, frozen=True, kw_only=True):
    """The whole published state of a batch of clues. `digest` is the SHA-256 of its manifest, in hexadecimal."""

    topic: ClassVar[str] = "referrals.batches.v1"
    aggregate: ClassVar[str] = "batch"

    batch: UUID
    authority: str
    because: str
    clues: int
    digest: str
    sealed_at: Moment
    received_at: Moment | None

    @property
    def aggregate_id(self) -> str:
        return str(self.batch)

    @property
    def key(self) -> str:
        return self.authority


class BatchSealed(BatchFact, frozen=True, kw_only=True):
    """Clues are sealed for an authority, which can fetch them from now on."""

    type: ClassVar[str] = "batch-sealed.v1"


class BatchReceived(BatchFact, frozen=True, kw_only=True):
    """The authority has received the whole batch: it has returned its digest."""

    type: ClassVar[str] = "batch-received.v1"
