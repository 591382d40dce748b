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
