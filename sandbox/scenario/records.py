"""The content of a scenario: the input rows, and the truth about them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.scenario.cast import SenderCase
from sandbox.scenario.messages import Messages


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingRecord:
    """A row of the register as a carrier files it. `declared_from` is a day of legal time."""

    number: str
    carrier: str
    province: str
    holder_uscc: str
    holder_name: str
    provider_uscc: str
    provider_name: str
    signature: str
    purpose: str
    declared_from: str
    covers_extensions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintRecord:
    """A complaint in the form of the bulk intake. Times are ISO 8601 with their offset."""

    external_id: str
    channel: str
    received_at: str
    sent_at: str
    complainant_number: str
    complainant_province: str
    sender_number: str
    text: str
    consented: str
    unsubscribed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRecord:
    """The truth about a number with complaints. `follows` is the final outcome by the rules; `owner` the carrier that
    knows the unfiled number (empty: no carrier does)."""

    number: str
    case: SenderCase
    kind: str
    carrier: str
    holder_uscc: str
    provider_uscc: str
    signatures: tuple[str, ...]
    owner: str
    complaints: int

    @property
    def truth(self) -> str:
        """The kind of attribution."""
        return self.case.truth

    @property
    def follows(self) -> str:
        """`order:<ground>`, `enquiry` or `nothing`."""
        return self.case.follows


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassificationRecord:
    """The correct classification of the message of a complaint."""

    external_id: str
    campaign: str
    kind: str
    industry: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The whole scenario; complaints are sorted by time of receipt."""

    now: datetime
    filings: tuple[FilingRecord, ...]
    senders: tuple[SenderRecord, ...]
    complaints: tuple[ComplaintRecord, ...]
    classifications: tuple[ClassificationRecord, ...]


@dataclass(frozen=True, slots=True)
class ComplaintDraft:
    """A complaint before it has its number in the file."""

    received_at: datetime
    sent_at: datetime
    channel: str
    person: tuple[str, str]
    sender: str
    text: str
    campaign: str
    kind: str


def numbered(
    drafts: Sequence[ComplaintDraft], prefix: str, messages: Messages, draw: random.Random
) -> tuple[tuple[ComplaintRecord, ...], tuple[ClassificationRecord, ...]]:
    """Complaints in the order of receipt, with ids that begin with `prefix`, and their classification."""
    ordered = sorted(drafts, key=lambda draft: (draft.received_at, draft.sender, draft.text))
    width = max(4, len(str(len(ordered))))
    ids = [f"{prefix}-{place:0{width}}" for place in range(1, len(ordered) + 1)]
    complaints = tuple(_complaint(each, draft, draw) for each, draft in zip(ids, ordered, strict=True))
    classifications = tuple(_classification(each, draft, messages) for each, draft in zip(ids, ordered, strict=True))
    return complaints, classifications


def _complaint(external_id: str, draft: ComplaintDraft, draw: random.Random) -> ComplaintRecord:
    return ComplaintRecord(
        external_id=external_id,
        channel=draft.channel,
        received_at=draft.received_at.isoformat(),
        sent_at=draft.sent_at.isoformat(),
        complainant_number=draft.person[0],
        complainant_province=draft.person[1],
        sender_number=draft.sender,
        text=draft.text,
        consented=draw.choices(("no", "unknown", "withdrawn"), (8, 1, 1))[0],
        unsubscribed=draw.random() < 0.2,
    )


def _classification(external_id: str, draft: ComplaintDraft, messages: Messages) -> ClassificationRecord:
    kind = messages.kinds[draft.kind]
    return ClassificationRecord(
        external_id=external_id,
        campaign=draft.campaign,
        kind=draft.kind,
        industry=kind.industry,
        category=kind.category,
    )
