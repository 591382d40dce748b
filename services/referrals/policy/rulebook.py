"""The rules of this service, as set in `rules.yaml`. All are procedural: the version in force on the day of the step
applies."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from chassis.rates import ImportRate
from chassis.rules import Rule, Rulebook


class SealingCalendar(Rule, frozen=True, kw_only=True):
    """How long after the end of a quarter its clues are sealed, and the most clues in a batch."""

    code: ClassVar[str] = "sealing.calendar"

    after: timedelta
    clues: int


class SealingCrime(Rule, frozen=True, kw_only=True):
    """How many vouched complainants send a suspected crime to the police at once, and how long the next clue of the
    same place then rests."""

    code: ClassVar[str] = "sealing.crime"

    complainants: int
    rest: timedelta


class DocumentSenders(Rule, frozen=True, kw_only=True):
    """How many sender numbers a document lists."""

    code: ClassVar[str] = "document.senders"

    most: int


class DocumentSamples(Rule, frozen=True, kw_only=True):
    """How many excerpts a document contains, and the fewest complainants with which it contains any."""

    code: ClassVar[str] = "document.samples"

    least_complainants: int
    most: int


class FeedbackDeadline(Rule, frozen=True, kw_only=True):
    """How long after the hand-over an authority has to conclude a clue, and how much longer after an extension."""

    code: ClassVar[str] = "feedback.deadline"

    conclude: timedelta
    extension: timedelta


RULES = Rulebook.of(
    "services.referrals",
    *(SealingCalendar, SealingCrime, DocumentSenders, DocumentSamples, FeedbackDeadline, ImportRate),
)


def sealing_calendar(at: datetime) -> SealingCalendar:
    """The calendar for sealings at `at`."""
    return RULES.at(SealingCalendar, at)


def sealing_crime(at: datetime) -> SealingCrime:
    """The rule for suspected crimes at `at`."""
    return RULES.at(SealingCrime, at)


def document_senders(at: datetime) -> DocumentSenders:
    """The rule for the senders in a document sealed at `at`."""
    return RULES.at(DocumentSenders, at)


def document_samples(at: datetime) -> DocumentSamples:
    """The rule for the excerpts in a document sealed at `at`."""
    return RULES.at(DocumentSamples, at)


def feedback_deadline(at: datetime) -> FeedbackDeadline:
    """The deadline of a clue that is referred, or extended, at `at`."""
    return RULES.at(FeedbackDeadline, at)
