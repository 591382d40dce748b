"""The rules of this service, typed. Their versions are in `rules.yaml`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from chassis import rules
from chassis.rates import ClientRate, ImportRate, Rate
from contracts.vocabulary import Category


class ComplaintForm(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a complaint must look like to be accepted: lengths in characters, `skew` for clocks that run ahead,
    `not_before` for dates that are mistakes."""

    code: ClassVar[str] = "intake.form"

    longest_text: int
    longest_sender: int
    longest_external_id: int
    skew: timedelta
    not_before: date


class SignatureLength(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many characters a signature has, normalised."""

    code: ClassVar[str] = "assessment.signature"

    shortest: int
    longest: int


class ClassificationThresholds(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When evidence is enough.

    `least`: the score that a class of each category must reach to count. `furthest`: how many further words of a
    concept a signal counts. `doubt`: what weighs against any class in its confidence. `terse`: a text of at most so
    many letters has almost no content. `unsure`: the confidence below which industry and category stay open.
    """

    code: ClassVar[str] = "assessment.classification"

    least: dict[Category, float]
    furthest: int
    doubt: float
    terse: int
    unsure: float


class AdvertisingPurposes(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The purposes for which a port must be filed to carry advertising."""

    code: ClassVar[str] = "assessment.purpose"

    advertising: frozenset[str]


class ExcerptLength(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many characters of a redacted text leave this service."""

    code: ClassVar[str] = "assessment.excerpt"

    length: int


class ComplaintCap(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many complaints by one person through one channel, received within the window, count towards automatic
    acts."""

    code: ClassVar[str] = "assessment.cap"

    complaints: int
    window: timedelta


class ChannelBrake(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a channel files at most: in an hour, in a day, and about one number.

    A number's share of the day's complaints is at most `share` times the usual largest share of a number, once there
    are `least` complaints about it, and the channel has filed on `days` days before.
    """

    code: ClassVar[str] = "channel.brake"

    hour: int
    day: int
    share: float
    least: int
    days: int


class SurrogateOverlap(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long before and after a change of quarters the surrogates of both quarters are published."""

    code: ClassVar[str] = "privacy.surrogates"

    overlap: timedelta


class RevealValidity(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long an approved reveal lets its requester see a complainant's number."""

    code: ClassVar[str] = "privacy.reveal"

    valid: timedelta


class ComplaintRate(ClientRate, frozen=True, kw_only=True):
    """How many complaints one client may file singly."""

    code: ClassVar[str] = "rate.complaints"


class ReceiptRate(Rate, frozen=True, kw_only=True):
    """How many receipts may be looked up from one address."""

    code: ClassVar[str] = "rate.receipts"


RULES = rules.Rulebook.of(
    "services.complaints",
    *(ComplaintForm, SignatureLength, ClassificationThresholds, AdvertisingPurposes, ExcerptLength),
    *(ComplaintCap, ChannelBrake, SurrogateOverlap, RevealValidity),
    *(ComplaintRate, ReceiptRate, ImportRate),
)
