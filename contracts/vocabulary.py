"""Closed vocabulary, defined by law or protocol. Open sets are tables: carriers, industries, authorities, channels,
provinces, each in the module of its name.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Category(StrEnum):
    """The legal category of a message."""

    COMMERCIAL = "commercial"
    SUSPECTED_CRIME = "suspected-crime"
    NOT_SPAM = "not-spam"


SPAM: Final = frozenset({Category.COMMERCIAL, Category.SUSPECTED_CRIME})
"""The categories of spam."""


class AttributionKind(StrEnum):
    """How the responsible enterprise of a message was found.

    SUBLET_SUSPECTED: filed, but the signature in the message (or the provider behind it) belongs to another enterprise.
    UNREGISTERED: an unfiled port. DECLARED_LATE: one that was not on record when the message was sent, but is declared
    for that time by now. P2P: a mobile. OTHER: neither port nor mobile.
    """

    DECLARED = "declared"
    SUBLET_SUSPECTED = "sublet-suspected"
    UNREGISTERED = "unregistered"
    DECLARED_LATE = "declared-late"
    P2P = "p2p"
    OTHER = "other"


OF_PORTS: Final = frozenset(
    {
        AttributionKind.DECLARED,
        AttributionKind.SUBLET_SUSPECTED,
        AttributionKind.UNREGISTERED,
        AttributionKind.DECLARED_LATE,
    }
)
"""The kinds of attribution that a port can have."""


class Purpose(StrEnum):
    """The purpose for which a port is filed. Marketing through a port filed for another purpose is itself a breach."""

    NOTICE = "notice"
    VERIFICATION = "verification"
    MARKETING = "marketing"
    PUBLIC_SERVICE = "public-service"


class Consent(StrEnum):
    """Whether the complainant had consented to such messages. Silence is not consent."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


class SubjectKind(StrEnum):
    """What a clue is about: an enterprise by its credit code, a signature, or a number."""

    ENTERPRISE = "enterprise"
    SIGNATURE = "signature"
    NUMBER = "number"


class ConclusionCode(StrEnum):
    """The conclusion of an authority about a clue: the closed list of feedback codes.

    FINED has an amount. TRANSFERRED: passed to another body, which the platform does not follow. MERGED: handled in the
    case of another clue.
    """

    NO_VIOLATION = "no-violation"
    RECTIFIED = "rectified"
    INTERVIEWED = "interviewed"
    WARNED = "warned"
    FINED = "fined"
    LICENCE_MEASURE = "licence-measure"
    TRANSFERRED = "transferred"
    MERGED = "merged"


class ReturnReason(StrEnum):
    """Why an authority returns a clue to the regulator."""

    NOT_COMPETENT = "not-competent"
    OTHER_REGION = "other-region"
    SUBJECT_UNKNOWN = "subject-unknown"


class CreditList(StrEnum):
    """The credit lists of telecom business (MIIT Order 42): ADVERSE (不良名单) and DISHONEST (失信名单)."""

    ADVERSE = "adverse"
    DISHONEST = "dishonest"


class Tier(StrEnum):
    """The severity of a listing: it decides its term, when it can be repaired, and its effects (NDRC Order 36)."""

    MINOR = "minor"
    GENERAL = "general"
    SERIOUS = "serious"


class NewResources(StrEnum):
    """The effect of a listing on applications for new ports."""

    ALLOW = "allow"
    REFUSE = "refuse"


class ReviewOutcome(StrEnum):
    """The outcome of the review of an act that one person did at once: a lift, a withdrawal."""

    CONFIRMED = "confirmed"
    REVERSED = "reversed"


class Existing(StrEnum):
    """The effect of a listing on existing ports."""

    NONE = "none"
    PROPOSE = "propose"
    SHUT = "shut"
