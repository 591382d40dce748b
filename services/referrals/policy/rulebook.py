"""The rules of this service, as `rules.yaml` sets them. All are procedure: they go by the day of the step."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from chassis.rules import Rule, Rulebook


class SealingCalendar(Rule, frozen=True, kw_only=True):
    """When the clues of a quarter are handed over, counted from its end, and how many a batch may have."""

    code: ClassVar[str] = "sealing.calendar"

    after: timedelta
    clues: int


class SealingCrime(Rule, frozen=True, kw_only=True):
    """How many vouched complainants send a suspected crime to the police at once, and how long the next clue of the
    same place rests then."""

    code: ClassVar[str] = "sealing.crime"

    complainants: int
    rest: timedelta


class DocumentSenders(Rule, frozen=True, kw_only=True):
    """How many numbers a document lists."""

    code: ClassVar[str] = "document.senders"

    most: int


class DocumentSamples(Rule, frozen=True, kw_only=True):
    """How many excerpts a document has, and of how many different complainants it must tell to have any."""

    code: ClassVar[str] = "document.samples"

    least_complainants: int
    most: int


class FeedbackDeadline(Rule, frozen=True, kw_only=True):
    """How long an authority has to conclude a clue, counted from the hand-over, and how much longer once extended."""

    code: ClassVar[str] = "feedback.deadline"

    conclude: timedelta
    extension: timedelta


RULES = Rulebook.of(
    "services.referrals", SealingCalendar, SealingCrime, DocumentSenders, DocumentSamples, FeedbackDeadline
)


def sealing_calendar(at: datetime) -> SealingCalendar:
    """The calendar of a sealing at `at`."""
    return RULES.at(SealingCalendar, at)


def sealing_crime(at: datetime) -> SealingCrime:
    """What sends a crime to the police at `at`."""
    return RULES.at(SealingCrime, at)


def document_senders(at: datetime) -> DocumentSenders:
    """What a document that is sealed at `at` lists."""
    return RULES.at(DocumentSenders, at)


def document_samples(at: datetime) -> DocumentSamples:
    """What a document that is sealed at `at` shows."""
    return RULES.at(DocumentSamples, at)


def feedback_deadline(at: datetime) -> FeedbackDeadline:
    """The deadline of a clue that is referred (or extended) at `at`."""
    return RULES.at(FeedbackDeadline, at)
