"""Facts of the referrals service: clues for the authorities that supervise the offenders, and what became of them."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import msgspec

from chassis.citation import Citation
from chassis.event import Event
from contracts.moments import Moment


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a clue is about: an enterprise by its unified social credit code (with its name, where the register has
    one), a normalised signature, or a number."""

    kind: str
    value: str
    name: str | None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many complaints a clue stands on, of how many different complainants and senders; `vouched` are the
    complainants whom a channel vouches for."""

    complaints: int
    complainants: int
    vouched: int
    senders: int


class Conclusion(msgspec.Struct, frozen=True, kw_only=True):
    """What the authority found and did, by a code of the closed list.

    `amount` is a fine in yuan; `enterprise` the credit code of who was found to be behind the subject; `decision` the
    number of the authority's decision.
    """

    code: str
    amount: int | None
    enterprise: str | None
    decision: str | None
    merged_into: UUID | None
    transferred_to: str | None
    note: str | None


class ClueFact(Event, frozen=True, kw_only=True):
    """The whole published state of a clue, as every fact about it carries it.

    `period` is the quarter in which its complaints were received, `sequence` tells the clues of one subject, industry
    and period apart. Counts are those of the moment of the fact until it is referred, and of its sealing from then on.
    `causes` names the complaint that opened it; `authority` is None while nobody is known to be competent.
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
    """Complaints about a subject are collected for the authority that is competent."""

    type: ClassVar[str] = "clue-opened.v1"


class ClueRouted(ClueFact, frozen=True, kw_only=True):
    """Staff said which authority is competent: nobody was known to be, or the clue was returned."""

    type: ClassVar[str] = "clue-routed.v1"


class ClueReferred(ClueFact, frozen=True, kw_only=True):
    """The clue was sealed in a batch for its authority; nothing of it changes any more."""

    type: ClassVar[str] = "clue-referred.v1"


class ClueReceived(ClueFact, frozen=True, kw_only=True):
    """The authority has it: it quoted the digest of the batch."""

    type: ClassVar[str] = "clue-received.v1"


class ClueReturned(ClueFact, frozen=True, kw_only=True):
    """The authority is not the one to deal with it, and said why: a matter for staff."""

    type: ClassVar[str] = "clue-returned.v1"


class ClueExtended(ClueFact, frozen=True, kw_only=True):
    """The authority was given more time, once."""

    type: ClassVar[str] = "clue-extended.v1"


class ClueOverdue(ClueFact, frozen=True, kw_only=True):
    """The deadline for a conclusion passed without one."""

    type: ClassVar[str] = "clue-overdue.v1"


class ClueConcluded(ClueFact, frozen=True, kw_only=True):
    """The authority said what it found and did."""

    type: ClassVar[str] = "clue-concluded.v1"


class ConclusionAnnulled(ClueFact, frozen=True, kw_only=True):
    """The decision that the conclusion tells of was annulled; whatever stands on it falls (Penalty Law Art. 48)."""

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
    """Clues were sealed for an authority, which may fetch them from now on."""

    type: ClassVar[str] = "batch-sealed.v1"


class BatchReceived(BatchFact, frozen=True, kw_only=True):
    """The authority has the batch, whole: it quoted its digest."""

    type: ClassVar[str] = "batch-received.v1"
