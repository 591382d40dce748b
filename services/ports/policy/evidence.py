"""What a complaint states about a number, and how the number's sender stands in this service's register.

The attribution in an event is a hint: the complaints service judges by its copy of the register. Here the original is
read, at the moment of decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from chassis.aggregate import Cause
from contracts.complaints import ComplaintAssessed
from contracts.vocabulary import SPAM, Category

SENT_WITHIN = timedelta(hours=1)
"""The precision of `sent_at`: outside the complaints service times are cut to the hour, to protect the complainant."""


class SenderAttribution(StrEnum):
    """How the sender of a message stands in the register."""

    DECLARED = "declared"
    SUBLET_SUSPECTED = "sublet-suspected"
    DECLARED_LATE = "declared-late"
    UNREGISTERED = "unregistered"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One complaint about a number, as it is assessed.

    `complainant` is a person's surrogate, `complainant_also` the same person's other one around a change of quarter.
    `hint`, `carrier`, `holder` and `filed_signature` are what the complaints service found filed, `signature` is the
    one in the message. `signature_unreadable`: it appears to have one that cannot be read, or has another one
    beside the filed one, so the filing alone does not identify the sender. `held`: its channel files too
    much. `arrived_at` is when it was assessed first: the channel states `received_at` itself. Evidence that an earlier
    release stored has neither that nor `channel`.
    """

    complaint: UUID
    number: str
    complainant: UUID
    sent_at: datetime
    category: str
    hint: str
    carrier: str | None
    holder: str | None
    signature: str | None
    filed_signature: str | None
    vouched: bool
    capped: bool
    province: str | None
    complainant_also: UUID | None = None
    signature_unreadable: bool = False
    channel: str | None = None
    held: bool = False
    arrived_at: datetime | None = None
    actors: tuple[str, ...] = ()

    @classmethod
    def of(cls, event: ComplaintAssessed, arrived_at: datetime, actors: tuple[str, ...] = ()) -> Evidence:
        """The evidence in an event: its fields, and those of its attribution, by name. `actors` are the persons in its
        chain."""
        named = {
            "number": event.sender.number,
            "hint": event.attribution.kind,
            "arrived_at": arrived_at,
            "actors": actors,
        }
        fields = msgspec.structs.asdict(event.attribution) | msgspec.structs.asdict(event) | named
        return msgspec.convert(fields, cls)

    @property
    def crime(self) -> bool:
        """Whether the message is suspected to be a crime rather than mere advertising."""
        return self.category == Category.SUSPECTED_CRIME

    @property
    def counts(self) -> bool:
        """Whether a decision may use it: spam, from a complainant that the channel vouches for and that is below the
        cap."""
        return self.vouched and not self.capped and self.category in SPAM


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """A filing that covers a number: its own, or that of a shorter number which covers its extensions."""

    carrier: str
    number: str
    holder: str
    provider: str
    signature: str
    province: str | None
    valid_from: datetime
    valid_to: datetime | None

    def holds_at(self, moment: datetime) -> bool:
        """Whether it is in force at `moment`."""
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)

    def begins_within(self, since: datetime, span: timedelta) -> bool:
        """Whether it comes into force within `span` after `since`."""
        return since < self.valid_from < since + span


class RegisterExtract:
    """The entries of the register for one number."""

    def __init__(self, entries: Iterable[RegisterEntry]) -> None:
        """`entries`: the filings of the number itself and of shorter ones that cover it, past ones included."""
        # The exact number is the longest of all that cover it.
        self.entries = sorted(entries, key=lambda each: (-len(each.number), each.carrier, each.valid_from))

    def at(self, moment: datetime) -> list[RegisterEntry]:
        """The entries that cover the number at `moment`, of the longest number that has any; one per carrier."""
        return _longest(each for each in self.entries if each.holds_at(moment))

    def of_carrier(self, carrier: str, moment: datetime) -> RegisterEntry | None:
        """The entry that covers the number at this carrier at `moment`."""
        return next((each for each in self.entries if each.carrier == carrier and each.holds_at(moment)), None)

    def last_change(self, until: datetime) -> datetime | None:
        """When the last of the filings ended that have ended by `until`."""
        return max((each.valid_to for each in self.entries if each.valid_to and each.valid_to <= until), default=None)

    def beginning_within(self, since: datetime, span: timedelta) -> list[RegisterEntry]:
        """The entries that begin to cover the number within `span` after `since`."""
        return _longest(each for each in self.entries if each.begins_within(since, span))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The attribution of a complaint, and the filing that covered the number when the message was sent."""

    attribution: SenderAttribution
    filing: RegisterEntry | None = None


@dataclass(frozen=True, slots=True)
class JudgedEvidence:
    """One version of a complaint's evidence, its judgement when it arrived, and the cause of what follows from it."""

    version: int
    evidence: Evidence
    judgement: Judgement
    cause: Cause


def judge(evidence: Evidence, extract: RegisterExtract, now: datetime) -> Judgement:
    """The judgement of `evidence` by the register as it is at `now`.

    The filing in force when the message was sent decides. A number that was filed only afterwards is declared late;
    nothing follows from that by itself. Only a number without any filing to this day is unregistered.
    """
    covering = extract.at(evidence.sent_at)
    found = evidence.hint in (SenderAttribution.DECLARED, SenderAttribution.SUBLET_SUSPECTED)
    if not covering and found:
        # The complaints service has the minute: the filing that it found may have come into force within our hour.
        covering = extract.beginning_within(evidence.sent_at, SENT_WITHIN)
    if not covering:
        late = any(each.holds_at(now) for each in extract.entries)
        return Judgement(SenderAttribution.DECLARED_LATE if late else SenderAttribution.UNREGISTERED)
    filing = next((each for each in covering if each.carrier == evidence.carrier), covering[0])
    sublet = evidence.hint == SenderAttribution.SUBLET_SUSPECTED and _compared_with(evidence, filing)
    return Judgement(SenderAttribution.SUBLET_SUSPECTED if sublet else SenderAttribution.DECLARED, filing)


def _compared_with(evidence: Evidence, filing: RegisterEntry) -> bool:
    """Whether the complaints service compared the message with this filing: a mismatch with another one is no
    evidence."""
    theirs = (evidence.carrier, evidence.holder, evidence.filed_signature)
    ours = (filing.carrier, filing.holder, filing.signature)
    return all(their in (None, our) for their, our in zip(theirs, ours, strict=True))


def _longest(entries: Iterable[RegisterEntry]) -> list[RegisterEntry]:
    found: Sequence[RegisterEntry] = list(entries)
    return [each for each in found if len(each.number) == len(found[0].number)]
