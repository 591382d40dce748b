"""Organisations, as tokens name them: `carrier:CMCC`, `authority:SAMR`, `regulator:CA-44`.

Staff work for the regulator: national staff see everything, staff of a provincial administration see their province.
"""

from __future__ import annotations

from contracts.authorities import AUTHORITIES
from contracts.carriers import CARRIERS
from contracts.provinces import PROVINCES


def is_national(organisation: str) -> bool:
    """Whether it is the ministry that runs this platform, whose staff see everything."""
    kind, _, code = organisation.partition(":")
    authority = AUTHORITIES.get(code)
    return kind == "regulator" and authority is not None and authority.own


def province_of(organisation: str) -> str | None:
    """The province (six digits) of a provincial administration; None for other organisations."""
    kind, _, code = organisation.partition(":")
    province = f"{code.removeprefix('CA-')}0000"
    return province if kind == "regulator" and code.startswith("CA-") and province in PROVINCES else None


def has_persons(organisation: str) -> bool:
    """Whether an act for this organisation is a person's: the regulator's and an authority's officials decide. What
    citizens, channels, carriers and port enterprises send is evidence."""
    return organisation.partition(":")[0] in ("regulator", "authority")


def carrier_of(organisation: str) -> str | None:
    """The code of a registered carrier; None for other organisations."""
    kind, _, code = organisation.partition(":")
    return code if kind == "carrier" and code in CARRIERS else None


def authority_of(organisation: str) -> str | None:
    """The code of a current or former authority; None for other organisations."""
    kind, _, code = organisation.partition(":")
    return code if kind == "authority" and code in AUTHORITIES else None
