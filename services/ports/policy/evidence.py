"""What a complaint says about a number, and how it stands against this service's own register.

What an event says of who is responsible is a hint: complaints judged it by a copy of the register. Here is the
original, asked at the moment of decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

SENT_WITHIN = timedelta(hours=1)
"""How precise `sent_at` is: outside complaints, times are cut to the hour, so that nobody finds the complainant."""


class Standing(StrEnum):
    """How a complaint stands against the register."""

    DECLARED = "declared"
    SUBLET_SUSPECTED = "sublet-suspected"
    DECLARED_LATE = "declared-late"
    UNREGISTERED = "unregistered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One complaint that counts: spam, from a complainant its channel vouches for, not capped and not withdrawn.

    `complainant` is a person's surrogate, `complainant_also` the same person's other one around a change of quarter.
    `hint`, `carrier`, `holder` and `filed_signature` are what complaints found filed, `signature` is what the message
    bore; `crime` says that the message is suspected to be a crime rather than mere advertising.
    """

    complaint: UUID
    number: str
    complainant: UUID
    sent_at: datetime
    crime: bool
    hint: str
    carrier: str | None
    holder: str | None
    signature: str | None
    filed_signature: str | None
    complainant_also: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A filing that answers for a number: its own, or that of a shorter number which covers its extensions."""

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


class Register:
    """What the register has on one number."""

    def __init__(self, entries: Iterable[Registered]) -> None:
        """`entries`: the filings of the number itself and of shorter ones that cover it, of all times."""
        # The exact number is the longest of all that answer for it.
        self.entries = sorted(entries, key=lambda each: (-len(each.number), each.carrier, each.valid_from))

    def at(self, moment: datetime) -> list[Registered]:
        """What answers for the number at `moment`, of the longest number that does; one per carrier."""
        return _longest(each for each in self.entries if each.holds_at(moment))

    def of_carrier(self, carrier: str, moment: datetime) -> Registered | None:
        """What answers for the number at this carrier at `moment`."""
        return next((each for each in self.entries if each.carrier == carrier and each.holds_at(moment)), None)

    def last_change(self, until: datetime) -> datetime | None:
        """When the last filing ended that has ended by `until`."""
        return max((each.valid_to for each in self.entries if each.valid_to and each.valid_to <= until), default=None)

    def beginning_within(self, since: datetime, span: timedelta) -> list[Registered]:
        """What begins to answer for the number within `span` after `since`."""
        return _longest(each for each in self.entries if each.begins_within(since, span))


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a complaint stands, and the filing that answers for it where one did when the message was sent."""

    standing: Standing
    filing: Registered | None = None


def judge(evidence: Evidence, register: Register, now: datetime) -> Judgement:
    """How `evidence` stands against the register as it is at `now`.

    As filed when the message was sent; a number that was filed only afterwards is declared late, and nothing
    follows from that by itself. Only what nobody has filed to this day is unregistered.
    """
    answering = register.at(evidence.sent_at)
    found = evidence.hint in (Standing.DECLARED, Standing.SUBLET_SUSPECTED)
    if not answering and found:
        # Complaints knows the minute: what it saw filed may have come into force within the hour we know.
        answering = register.beginning_within(evidence.sent_at, SENT_WITHIN)
    if not answering:
        late = any(each.holds_at(now) for each in register.entries)
        return Judgement(Standing.DECLARED_LATE if late else Standing.UNREGISTERED)
    filing = next((each for each in answering if each.carrier == evidence.carrier), answering[0])
    sublet = evidence.hint == Standing.SUBLET_SUSPECTED and _found_against(evidence, filing)
    return Judgement(Standing.SUBLET_SUSPECTED if sublet else Standing.DECLARED, filing)


def _found_against(evidence: Evidence, filing: Registered) -> bool:
    """Whether complaints compared the message with this filing: a mismatch says nothing about another one."""
    said = (evidence.carrier, evidence.holder, evidence.filed_signature)
    ours = (filing.carrier, filing.holder, filing.signature)
    return all(theirs in (None, own) for theirs, own in zip(said, ours, strict=True))


def _longest(entries: Iterable[Registered]) -> list[Registered]:
    found: Sequence[Registered] = list(entries)
    return [each for each in found if len(each.number) == len(found[0].number)]
