"""Sender numbers: the information in the digits of a number, without a register.

The plan of the 106 access codes is data (`numbering_plan.yaml`). The public library for telephone numbers does not have
them and reports every one as invalid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

import msgspec

from chassis import characters
from contracts.tables import Mark, read_resource


class NumberKind(StrEnum):
    """The kind of a sender number, by its form.

    PORT: a 106 number, also one that is not in the plan. SERVICE: 95, 96, 100, 11, 12, 400, 800. MOBILE: a subscriber,
    or a machine (13 digits). LANDLINE: with its area code. INTERNATIONAL: not of +86. INVALID: not a number.
    """

    PORT = "port"
    SERVICE = "service"
    MOBILE = "mobile"
    LANDLINE = "landline"
    INTERNATIONAL = "international"
    INVALID = "invalid"


class AccessCodes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of the plan: one form of access codes (`1069[5-8]XXXXXXX`), its use and who assigns it.

    `base_digits` follows from the form: 8 or 12. The digits after the base are the holder's extension.
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
# Five digits decide the form, and with it the end of the base.
_PREFIX_DIGITS = 5
_FORM_OF = {f"106{n:02}": row for n in range(100) for row in _PLAN.access_codes if row.begins(f"106{n:02}")}
_CARRIERS_OF = {row.prefix: row.carriers for row in _PLAN.carriers}

ACCESS_CODES: Final = _PLAN.access_codes
"""The whole plan of the 106 access codes."""

MAX_DIGITS: Final = 20
"""The longest sender number in the protocols between ports and carriers."""

SHORTEST_BASE: Final = min(row.base_digits for row in ACCESS_CODES)
"""Digits of the shortest access code."""

_AREA = "(?:10|2[0-9]|(?![48]00)[3-9][0-9]{2})"
_SHAPE = re.compile(
    # +86 106… could also be a landline in Beijing (10, 6…): a message comes from the port.
    r"(?:(?:\+|00)?86)?(?P<port>106[0-9]{0,17})"
    # Eleven digits, or thirteen of a machine (14[0-4]). Some phones show the trunk prefix 0.
    r"|(?:(?:\+|00)?86)?0?(?P<mobile>1[3-9][0-9]{9}|14[0-4][0-9]{10})"
    # Short codes with or without an extension; emergency and enquiry codes of three digits; toll-free numbers.
    r"|(?:(?:\+|00)86)?(?P<service>9[56][0-9]{3,18}|1(?:0[01]|1[0-9]|2[0-9])[0-9]{2,17}|1[12][0-9]|[48]00[0-9]{7})"
    # 96 and 12 codes belong to a province: with the area code they are another service than without it.
    rf"|(?:(?:\+|00)860?|0)(?P<local>{_AREA}(?:9[56][0-9]{{3,6}}|12[0-9]{{3}}))"
    rf"|(?:(?:\+|00)860?|0)(?P<landline>{_AREA}[2-8][0-9]{{6,7}})"
    # E.164. "+106…" is international too: otherwise a sender abroad could have a port shut by using its digits.
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

# Separators of people and phones: spaces, dashes, brackets, and characters that are not seen (direction marks that
# address books add around a number). Full-width forms come from Chinese keyboards.
_CLEAN: dict[int, str | None] = dict.fromkeys(
    map(ord, characters.IGNORABLE | characters.SPACES | characters.DASHES | frozenset("()（）"))
)
_CLEAN |= {0xFF0B: "+"} | {0xFF10 + digit: str(digit) for digit in range(10)}
_INVALID_CHARACTERS = 64
# A mobile number, perhaps with its country code. No filed number is long enough to have one by chance: that takes an
# extension of eleven digits, and the longest ones that enterprises file have ten.
_MOBILE = re.compile(r"(?:86)?1[3-9][0-9]{9}")
_SHORT_CODE_DIGITS = 5


@dataclass(frozen=True, slots=True)
class SenderNumber:
    """A normalised sender number with its row of the numbering plan. Create it with `parse`.

    `number` is the stored form, for comparison and keys: digits only for ports, services and mobiles, `0` and area code
    for landlines, `+` and country code for international numbers. Equal numbers are the same sender.
    """

    number: str
    kind: NumberKind = field(compare=False)
    access: AccessCodes | None = field(default=None, compare=False, repr=False)

    @classmethod
    def parse(cls, raw: str) -> SenderNumber:
        """Parse any text. Never raises: a text that is not a number has the kind INVALID and keeps its first 64
        characters, without separators and with U+FFFD for unprintable characters. `contracts.damage.damage_of` finds
        out whether it was meant to be one."""
        return cls.of(raw if raw.isascii() and raw.isdigit() else without_separators(raw))

    @classmethod
    def of(cls, text: str) -> SenderNumber:
        """The sender of a text without separators, such as a stored `number`. What was stored keeps its meaning, also
        where `parse` has learned to read more since."""
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
        """The access code as assigned, 8 or 12 digits; None unless it is a port in the plan."""
        return self.number[: self.access.base_digits] if self.access else None

    @property
    def access_code(self) -> str | None:
        """The base, under its name in the register."""
        return self.base

    @property
    def extension(self) -> str:
        """The digits that the holder added to the base; empty without a base."""
        return self.number[self.access.base_digits :] if self.access else ""

    def without_person(self, person: str = "") -> SenderNumber:
        """This number without the end of its extension that begins with the number of a person: any mobile number, or
        the digits `person`. Some senders append the number of each recipient to their own."""
        if self.kind is NumberKind.PORT:
            begin = self.access.base_digits if self.access else SHORTEST_BASE
        elif self.kind is NumberKind.SERVICE and not self.number.startswith("0"):
            begin = _SHORT_CODE_DIGITS
        else:
            return self
        places = [self.number.find(person, begin)] if person else []
        if mobile := _MOBILE.search(self.number, begin):
            places.append(mobile.start())
        end = min((each for each in places if each >= 0), default=None)
        return self if end is None else SenderNumber.of(self.number[:end])

    @property
    def access_class(self) -> str | None:
        """The use of this access code in the plan: `national-platform`. None without a base."""
        return self.access.access_class if self.access else None

    @property
    def off_plan(self) -> bool:
        """A 106 number that is not in the plan: forged, internal to a network, or newer than the plan."""
        return self.kind is NumberKind.PORT and self.access is None

    @property
    def carriers(self) -> tuple[str, ...]:
        """Codes of the carriers of this number by the plan; empty where the plan does not name them."""
        return _CARRIERS_OF.get(self.number[:_PREFIX_DIGITS], ()) if self.access else ()

    @property
    def declared_prefixes(self) -> tuple[str, ...]:
        """The prefixes that a filing can name instead of the number: every prefix from the base up, longest first.

        For a number that is not in the plan the shortest base is used: the register can have newer codes.
        """
        if self.kind is not NumberKind.PORT:
            return ()
        shortest = self.access.base_digits if self.access else SHORTEST_BASE
        return tuple(self.number[:digits] for digits in range(len(self.number) - 1, shortest - 1, -1))

    def __str__(self) -> str:
        return self.number


def as_searched(raw: str) -> str:
    """The stored form of a number that a request searches for. An unescaped `+` in a query arrives as a space."""
    sender = SenderNumber.parse(raw)
    if sender.kind is NumberKind.INVALID and raw.startswith(" "):
        return SenderNumber.parse(f"+{raw.strip()}").number
    return sender.number


def without_separators(raw: str) -> str:
    """A text without the characters that people and phones put between the digits of a number, and with ASCII for
    full-width digits."""
    return raw.translate(_CLEAN)


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "\ufffd" for each in text[:_INVALID_CHARACTERS])
