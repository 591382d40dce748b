"""Words that law or protocol closes. What the world may add to is a table: carriers, industries, authorities, channels,
provinces, each in the module of its name.
"""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """What a message is to the law."""

    COMMERCIAL = "commercial"
    SUSPECTED_CRIME = "suspected-crime"
    NOT_SPAM = "not-spam"


class AttributionKind(StrEnum):
    """How sure it is who answers for a message.

    SUBLET_SUSPECTED: filed, but the signature seen (or the provider behind it) is another's. UNREGISTERED: a port that
    nobody filed. P2P: a mobile. OTHER: what is neither port nor mobile.
    """

    DECLARED = "declared"
    SUBLET_SUSPECTED = "sublet-suspected"
    UNREGISTERED = "unregistered"
    P2P = "p2p"
    OTHER = "other"


class Purpose(StrEnum):
    """What a port is filed for. Marketing through a port that was filed for something else is a breach in itself."""

    NOTICE = "notice"
    VERIFICATION = "verification"
    MARKETING = "marketing"
    PUBLIC_SERVICE = "public-service"


class Consent(StrEnum):
    """Whether the complainant had agreed to such messages. Silence is no consent."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


class SubjectKind(StrEnum):
    """What a clue is about: an enterprise by its credit code, a signature that was seen, or a number."""

    ENTERPRISE = "enterprise"
    SIGNATURE = "signature"
    NUMBER = "number"


class ConclusionCode(StrEnum):
    """What an authority found and did about a clue: the closed list by which it feeds back.

    FINED has an amount. TRANSFERRED: handed on to another body, which the platform does not follow. MERGED: dealt with
    in the case of another clue.
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
    """Why an authority returns a clue that it was handed."""

    NOT_COMPETENT = "not-competent"
    OTHER_REGION = "other-region"
    SUBJECT_UNKNOWN = "subject-unknown"


class CreditList(StrEnum):
    """The credit lists of telecom business (MIIT Order 42): ADVERSE (不良名单) and DISHONEST (失信名单)."""

    ADVERSE = "adverse"
    DISHONEST = "dishonest"


class Tier(StrEnum):
    """How grave a listing is: it sets how long it lasts, when it may be repaired, and what follows (NDRC Order 36)."""

    MINOR = "minor"
    GENERAL = "general"
    SERIOUS = "serious"


class NewResources(StrEnum):
    """What a listing does to what its enterprise applies for."""

    ALLOW = "allow"
    REFUSE = "refuse"


class Existing(StrEnum):
    """What a listing does to the ports that its enterprise has."""

    NONE = "none"
    PROPOSE = "propose"
    SHUT = "shut"
