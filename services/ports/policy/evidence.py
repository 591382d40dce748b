"""What a complaint states about a number, and how the number's sender stands in this service's register.

The attribution in an event is a hint: the complaints service judges by its copy of the register. Here the original is
read, at the moment of decision.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from chassis.aggregate import Cause, union
from contracts.complaints import ComplaintAssessed
from contracts.register import on_record_at, on_record_since, on_record_until
from contracts.vocabulary import SPAM, Category
from services.ports.model import PortKey

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
    """A filing of a number, or of a shorter one; `covers` is whether it is about the number that was asked for."""

    carrier: str
    number: str
    id: UUID
    holder: str
    provider: str
    signature: str
    province: str | None
    covers: bool
    valid_from: datetime
    valid_to: datetime | None
    on_record_from: datetime | None
    filed_by: tuple[str, ...]

    @property
    def filing(self) -> UUID:
        """Its id, as facts name it."""
        return self.id


class RegisterExtract:
    """What the register has about one number, and had on record at any moment.

    At the present moment that is the present register: no filing is declared for the future.
    """

    def __init__(self, entries: Iterable[RegisterEntry]) -> None:
        """`entries`: all filings of the number itself, and of shorter ones that ever covered it."""
        histories: dict[PortKey, list[RegisterEntry]] = defaultdict(list)
        for each in entries:
            histories[each.carrier, each.number].append(each)
        # The exact number is the longest of all that cover it.
        self._histories = [histories[key] for key in sorted(histories, key=lambda key: (-len(key[1]), key[0]))]

    def at(self, moment: datetime) -> list[RegisterEntry]:
        """The entries that were on record for the number at `moment`, of the longest number that has any; one per
        carrier."""
        return _longest(self._on_record(moment))

    def of_carrier(self, carrier: str, moment: datetime) -> RegisterEntry | None:
        """The entry that was on record for the number at this carrier at `moment`."""
        return next((each for each in self._on_record(moment) if each.carrier == carrier), None)

    def last_change(self, until: datetime) -> datetime | None:
        """When the last of the filings stopped to be on record that have by `until`."""
        ends = (end for _, since, end in self._periods() if end is not None and since < end <= until)
        return max(ends, default=None)

    def beginning_within(self, since: datetime, span: timedelta) -> list[RegisterEntry]:
        """The entries that came on record for the number within `span` after `since`."""
        return _longest(
            each
            for each, begin, end in self._periods()
            if since < begin < since + span and (end is None or begin < end)
        )

    def _on_record(self, moment: datetime) -> Iterator[RegisterEntry]:
        for history in self._histories:
            found = on_record_at(history, moment)
            if found is not None and found.covers:
                yield found

    def _periods(self) -> Iterator[tuple[RegisterEntry, datetime, datetime | None]]:
        """The entries that cover the number, each with when it came on record and when it stopped to be."""
        for history in self._histories:
            for each in history:
                if each.covers:
                    yield each, on_record_since(each), on_record_until(each, history)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The attribution of a complaint, and the filing that covered the number when the message was sent."""

    attribution: SenderAttribution
    filing: RegisterEntry | None = None

    def with_those_who_filed(self, evidence: Evidence) -> Evidence:
        """The same evidence, in which the persons who filed that filing have a part too."""
        if self.filing is None or not self.filing.filed_by:
            return evidence
        return msgspec.structs.replace(evidence, actors=union(evidence.actors, self.filing.filed_by))


@dataclass(frozen=True, slots=True)
class JudgedEvidence:
    """One version of a complaint's evidence, its judgement when it arrived, and the cause of what follows from it."""

    version: int
    evidence: Evidence
    judgement: Judgement
    cause: Cause


def judge(evidence: Evidence, extract: RegisterExtract, now: datetime) -> Judgement:
    """The judgement of `evidence` by the register as it is at `now`.

    The filing on record when the message was sent decides. A number that was filed only afterwards, or too late for
    that time, is declared late; nothing follows from that by itself. Only a number without any filing to this day is
    unregistered.
    """
    covering = extract.at(evidence.sent_at)
    found = evidence.hint in (SenderAttribution.DECLARED, SenderAttribution.SUBLET_SUSPECTED)
    if not covering and found:
        # The complaints service has the minute: the filing that it found may have come on record within our hour.
        covering = extract.beginning_within(evidence.sent_at, SENT_WITHIN)
    if not covering:
        return Judgement(SenderAttribution.DECLARED_LATE if extract.at(now) else SenderAttribution.UNREGISTERED)
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
