"""Sender numbers: what the digits a message came from say, before anyone looks into a register.

The plan of the 106 access codes is data (`numbering_plan.yaml`). The public library for telephone numbers knows none of
them and calls every one invalid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

import msgspec

from contracts.tables import Mark, read_resource


class NumberKind(StrEnum):
    """What a sender number is by its form.

    PORT: a 106 number, also one that fits no row of the plan. SERVICE: 95, 96, 100, 11, 12, 400, 800. MOBILE: a
    subscriber, a machine's (13 digits) too. LANDLINE: with its area code. INTERNATIONAL: not of +86. INVALID: none.
    """

    PORT = "port"
    SERVICE = "service"
    MOBILE = "mobile"
    LANDLINE = "landline"
    INTERNATIONAL = "international"
    INVALID = "invalid"


class AccessCodes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of the plan: one form of access codes (`1069[5-8]XXXXXXX`), its use and who assigns it.

    `base_digits` follows from the form, 8 or 12; what comes after them is the holder's extension.
    """

    form: str
    access_class: str
    use: str
    nature: Literal["commercial", "non-commercial", "public-benefit", "carrier-own"]
    scope: Literal["provincial", "national", "either"]
    assigned_by: tuple[Literal["MIIT", "CA"], ...]
    mark: Mark
    base_digits: int = 0

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "base_digits", len(_PLACE.findall(self.form)))

    def begins(self, prefix: str) -> bool:
        """Whether a number that begins with these five digits has this form."""
        places = (r"\d" if place == "X" else place for place in _PLACE.findall(self.form)[: len(prefix)])
        return re.fullmatch("".join(places), prefix, re.ASCII) is not None


class _CarrierPrefix(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    prefix: str
    carriers: tuple[str, ...]
    mark: Mark


class _Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    access_codes: tuple[AccessCodes, ...]
    carriers: tuple[_CarrierPrefix, ...]


_PLACE = re.compile(r"\[\d-\d\]|.")
_PLAN = msgspec.yaml.decode(read_resource("numbering_plan.yaml"), type=_Plan)
# Five digits decide the form, and with it where the base ends.
_PREFIX_DIGITS = 5
_FORM_OF = {f"106{n:02}": row for n in range(100) for row in _PLAN.access_codes if row.begins(f"106{n:02}")}
_CARRIERS_OF = {row.prefix: row.carriers for row in _PLAN.carriers}

ACCESS_CODES: Final = _PLAN.access_codes
"""The whole plan of the 106 access codes."""

MAX_DIGITS: Final = 20
"""The longest sender number that the protocols between ports and carriers take."""

_SHORTEST_BASE = min(row.base_digits for row in ACCESS_CODES)

_AREA = "(?:10|2[0-9]|(?![48]00)[3-9][0-9]{2})"
_SHAPE = re.compile(
    # +86 106… could be read as a landline in Beijing (10, 6…) too: a message comes from the port.
    r"(?:(?:\+|00)?86)?(?P<port>106[0-9]{0,17})"
    # Eleven digits, or thirteen of a machine (14[0-4]). Some phones show the trunk prefix 0.
    r"|(?:(?:\+|00)?86)?0?(?P<mobile>1[3-9][0-9]{9}|14[0-4][0-9]{10})"
    # Short codes with or without an extension; emergency and enquiry codes of three digits; toll-free numbers.
    r"|(?:(?:\+|00)86)?(?P<service>9[56][0-9]{3,18}|1(?:0[01]|1[0-9]|2[0-9])[0-9]{2,17}|1[12][0-9]|[48]00[0-9]{7})"
    # 96 and 12 codes are a province's own: with the area code they name another service than without it.
    rf"|(?:(?:\+|00)860?|0)(?P<local>{_AREA}(?:9[56][0-9]{{3,6}}|12[0-9]{{3}}))"
    rf"|(?:(?:\+|00)860?|0)(?P<landline>{_AREA}[2-8][0-9]{{6,7}})"
    # E.164. "+106…" is one too: whoever sends from abroad could else have a port shut by writing its digits.
    r"|(?:\+|00)(?!86)(?P<international>[1-9][0-9]{6,14})"
)
_READ_AS = {
    "port": (NumberKind.PORT, ""),
    "mobile": (NumberKind.MOBILE, ""),
    "service": (NumberKind.SERVICE, ""),
    "local": (NumberKind.SERVICE, "0"),
    "landline": (NumberKind.LANDLINE, "0"),
    "international": (NumberKind.INTERNATIONAL, "+"),
}

# What people and phones put between digits: spaces, hyphens, brackets, and marks nobody sees (zero-width spaces,
# direction marks that address books leave around a number). Full-width forms are what Chinese keyboards give.
_SEPARATORS = (
    " \t\n\r\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d()\uff08\uff09"
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_CLEAN = dict.fromkeys(map(ord, _SEPARATORS)) | {0xFF0B: "+"} | {0xFF10 + digit: str(digit) for digit in range(10)}
_INVALID_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class SenderNumber:
    """A number that messages came from, normalised, and what the numbering plan says of it. Make it with `parse`.

    `number` is what to store, compare and key by: digits only for ports, services and mobiles, `0` and area code for
    landlines, `+` and country code for international ones. Two that are equal are the same sender.
    """

    number: str
    kind: NumberKind = field(compare=False)
    access: AccessCodes | None = field(default=None, compare=False, repr=False)

    @classmethod
    def parse(cls, raw: str) -> SenderNumber:
        """Reads any text. Never raises: what is no number has the kind INVALID and keeps its first 64 characters,
        without separators and with U+FFFD for what cannot be printed (or stored)."""
        text = raw if raw.isascii() and raw.isdigit() else raw.translate(_CLEAN)
        read = _SHAPE.fullmatch(text)
        if read is None or read.lastgroup is None:
            return cls(_printable(text), NumberKind.INVALID)
        kind, prefix = _READ_AS[read.lastgroup]
        number = prefix + read[read.lastgroup]
        if kind is not NumberKind.PORT:
            return cls(number, kind)
        access = _FORM_OF.get(number[:_PREFIX_DIGITS])
        return cls(number, kind, access if access and len(number) >= access.base_digits else None)

    @property
    def base(self) -> str | None:
        """The access code as assigned, 8 or 12 digits; None for what is no port and for a port off the plan."""
        return self.number[: self.access.base_digits] if self.access else None

    @property
    def access_code(self) -> str | None:
        """The base, as the register calls it."""
        return self.base

    @property
    def extension(self) -> str:
        """What the holder added to the base; empty where there is no base."""
        return self.number[self.access.base_digits :] if self.access else ""

    @property
    def access_class(self) -> str | None:
        """The plan's use of this access code: `national-platform`. None as for the base."""
        return self.access.access_class if self.access else None

    @property
    def off_plan(self) -> bool:
        """A 106 number that fits no row of the plan: forged, a network's internal one, or newer than the plan."""
        return self.kind is NumberKind.PORT and self.access is None

    @property
    def carriers(self) -> tuple[str, ...]:
        """Codes of the carriers that the plan tells; empty where it does not tell."""
        return _CARRIERS_OF.get(self.number[:_PREFIX_DIGITS], ()) if self.access else ()

    @property
    def declared_prefixes(self) -> tuple[str, ...]:
        """What a filing may name instead of the number itself: every prefix from the base up, longest first.

        Off the plan the shortest base there is takes the base's place: the register may know codes that are newer.
        """
        if self.kind is not NumberKind.PORT:
            return ()
        shortest = self.access.base_digits if self.access else _SHORTEST_BASE
        return tuple(self.number[:digits] for digits in range(len(self.number) - 1, shortest - 1, -1))

    def __str__(self) -> str:
        return self.number


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "\ufffd" for each in text[:_INVALID_CHARACTERS])
