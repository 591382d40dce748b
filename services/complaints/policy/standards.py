"""The rules of this service, typed, and the standard that they make up on one day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache, lru_cache, partial
from importlib import resources
from typing import ClassVar

from chassis import privacy, rules
from contracts.vocabulary import Category
from services.complaints.policy.assessment import Standard
from services.complaints.policy.classification import Thresholds
from services.complaints.policy.lexicon import Lexicon, load
from services.complaints.policy.signatures import SignatureForm


class Form(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a complaint must look like to be taken; lengths in characters, `skew` for clocks that run
    ahead, `not_before` for dates that are mistakes."""

    code: ClassVar[str] = "intake.form"

    longest_text: int
    longest_sender: int
    longest_external_id: int
    skew: timedelta
    not_before: date


class Signature(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many characters a signature has, normalised."""

    code: ClassVar[str] = "assessment.signature"

    shortest: int
    longest: int


class Classifying(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When evidence is enough; see `classification.Thresholds`."""

    code: ClassVar[str] = "assessment.classification"

    least: dict[Category, float]
    furthest: int
    doubt: float
    terse: int
    unsure: float


class Purpose(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The purposes under which a port may advertise."""

    code: ClassVar[str] = "assessment.purpose"

    advertising: frozenset[str]


class Excerpt(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many characters of a redacted text leave this service."""

    code: ClassVar[str] = "assessment.excerpt"

    length: int


class Cap(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many complaints by one person, received within so long a window, count towards automatic acts."""

    code: ClassVar[str] = "assessment.cap"

    complaints: int
    window: timedelta


class Surrogates(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long before and after the change of quarters a complainant's surrogates of both are told."""

    code: ClassVar[str] = "privacy.surrogates"

    overlap: timedelta


class Revealing(rules.Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long an approved reveal lets its requester see a complainant's number."""

    code: ClassVar[str] = "privacy.reveal"

    valid: timedelta


RULES = rules.Rulebook.of(
    "services.complaints", Form, Signature, Classifying, Purpose, Excerpt, Cap, Surrogates, Revealing
)


def standard(on: datetime) -> Standard:
    """What a message sent at that moment is assessed by. Raises what `Rulebook.at` raises."""
    return _standard(on.astimezone(rules.LEGAL_TIME).date(), rules.packs_in_force())


@lru_cache(maxsize=512)
def _standard(day: date, _packs: tuple[str, ...]) -> Standard:
    signature = RULES.at(Signature, day)
    classifying = RULES.at(Classifying, day)
    purpose = RULES.at(Purpose, day)
    excerpt = RULES.at(Excerpt, day)
    return Standard(
        lexicon=_lexicon(),
        form=SignatureForm(signature.shortest, signature.longest),
        thresholds=Thresholds(
            least=classifying.least,
            furthest=classifying.furthest,
            doubt=classifying.doubt,
            terse=classifying.terse,
            unsure=classifying.unsure,
        ),
        advertising=purpose.advertising,
        excerpt=partial(privacy.excerpt, length=excerpt.length),
        citations=tuple(rule.citation for rule in (signature, classifying, purpose)),
    )


@cache
def _lexicon() -> Lexicon:
    return load(resources.files("services.complaints.policy").joinpath("lexicon.yaml").read_bytes())
