"""A filing form, read from its fields, which are the same in JSON and in a line of CSV."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from chassis.calendar import begin_of_day, day_of
from chassis.characters import IGNORABLE, LOST, plain
from chassis.field_errors import FieldError, InvalidFieldsError
from chassis.hints import LOST_FAULT, conversion_fault, meant, person_fault, shown
from contracts.carriers import CARRIERS
from contracts.credit_codes import CreditCode, CreditCodeFault, InvalidCreditCode
from contracts.damage import damage_of
from contracts.numbers import NumberKind, SenderNumber
from contracts.provinces import PROVINCES, province_spellings
from contracts.vocabulary import Purpose
from services.ports.model import FilingContent, PortFiling, PortKey
from services.ports.policy.rulebook import RULES, FilingDates

NAME_LENGTH = 200
SIGNATURE_LENGTH = 40
"""Limits in characters."""

_PURPOSES = {each.value: each for each in Purpose}
_PURPOSE_NAMES = {
    "通知": Purpose.NOTICE,
    "通知类": Purpose.NOTICE,
    "验证码": Purpose.VERIFICATION,
    "验证": Purpose.VERIFICATION,
    "营销": Purpose.MARKETING,
    "营销类": Purpose.MARKETING,
    "推广": Purpose.MARKETING,
    "公益": Purpose.PUBLIC_SERVICE,
    "公共服务": Purpose.PUBLIC_SERVICE,
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_ALIKE = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T]0?0:00(?::00)?)?|([0-9]{4})([0-9]{2})([0-9]{2})"
)
# The number of a day in a spreadsheet; five digits are a day of 1927 to 2173.
_DAY_NUMBER = re.compile(r"[1-9][0-9]{4}(?:\.0)?")
_DAY_ZERO = date(1899, 12, 30)

_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE][+]?[0-9]{1,2}")

_SPACE, _CONTROL = "Zs", "Cc"
"""The categories of Unicode."""


class FilingLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filing of a port by its carrier, as it is sent: alone, or as a line of a register file."""

    number: Annotated[
        str,
        Meta(description="an access code, or longer", examples=["10690123566571"], extra_json_schema={"maxLength": 64}),
    ]
    carrier: Annotated[str, Meta(examples=["CMCC"], extra_json_schema={"maxLength": 64})]
    province: Annotated[
        str | None,
        Meta(
            description="six digits (GB/T 2260); required on access codes for one province",
            extra_json_schema={"maxLength": 6},
        ),
    ] = None
    holder_uscc: Annotated[
        str,
        Meta(description="unified social credit code of the port's enterprise", extra_json_schema={"maxLength": 64}),
    ]
    holder_name: Annotated[str, Meta(extra_json_schema={"maxLength": NAME_LENGTH})]
    provider_uscc: Annotated[
        str,
        Meta(description="unified social credit code of the content provider", extra_json_schema={"maxLength": 64}),
    ]
    provider_name: Annotated[str, Meta(extra_json_schema={"maxLength": NAME_LENGTH})]
    signature: Annotated[
        str,
        Meta(
            description="the signature in the messages, without brackets",
            extra_json_schema={"maxLength": SIGNATURE_LENGTH},
        ),
    ]
    purpose: Annotated[str, Meta(extra_json_schema={"enum": [each.value for each in Purpose]})]
    declared_from: Annotated[
        str | None,
        Meta(
            description="the day from which it holds; without it, from now on",
            examples=["2026-05-01"],
            extra_json_schema={"format": "date"},
        ),
    ] = None
    covers_extensions: Annotated[
        bool, Meta(description="whether it also covers longer numbers that begin with this one")
    ] = False


@dataclass(frozen=True, kw_only=True)
class FilingForm(FilingContent):
    """A filing that can be decided on: its port and its content. `valid_from` None: from the decision on."""

    carrier: str
    number: str
    access_code: str
    valid_from: datetime | None

    @property
    def port(self) -> PortKey:
        """The carrier and number of its port."""
        return self.carrier, self.number

    def filing(self, decided_at: datetime, grace: timedelta, *, initial: bool, filed_by: tuple[str, ...]) -> PortFiling:
        """The filing that this form becomes when it is decided on."""
        valid_from = self.valid_from or decided_at
        return PortFiling.of(
            self, valid_from=valid_from, recorded_at=decided_at, grace=grace, initial=initial, filed_by=filed_by
        )


def read_form(record: FilingLine, now: datetime) -> FilingForm:
    """The form in a record; an empty field counts as missing. Every kind of space is an ordinary one, and invisible
    characters do not count.

    Raises InvalidFieldsError. `declared_from` is a day of the legal calendar, not later than that of `now`; the filing
    holds from its midnight on.
    """
    reading = _Reading(record, now)
    number = reading.number()
    form = FilingForm(
        carrier=reading.one_of("carrier", CARRIERS, _carrier_names),
        number=number.number,
        access_code=number.access_code or "",
        holder=reading.credit_code("holder_uscc"),
        holder_name=reading.text("holder_name", NAME_LENGTH),
        provider=reading.credit_code("provider_uscc"),
        provider_name=reading.text("provider_name", NAME_LENGTH),
        signature=reading.text("signature", SIGNATURE_LENGTH),
        purpose=reading.one_of("purpose", _PURPOSES, lambda: _PURPOSE_NAMES),
        province=reading.province(number),
        covers_extensions=record.covers_extensions,
        valid_from=reading.declared_from(),
    )
    if reading.errors:
        raise InvalidFieldsError(reading.errors)
    return form


class _Reading:
    """One pass over the fields of a form; errors are collected, so that all of them are reported at once."""

    def __init__(self, record: FilingLine, now: datetime) -> None:
        self._record = record
        self._now = now
        self.errors: list[FieldError] = []

    def number(self) -> SenderNumber:
        given = self._required("number")
        number = SenderNumber.parse(given)
        if not self._has_error("number") and number.access is None:
            damage = damage_of(given)
            if damage:
                self._reject("number", damage.fault, damage.shown)
            else:
                self._reject("number", _not_on_the_plan(number))
        return number

    def province(self, number: SenderNumber) -> str | None:
        code = self._given("province")
        if code is None:
            if number.access is not None and number.access.scope == "provincial":
                self._reject("province", f"a value is required: {number.base} is an access code for one province")
            return None
        if code not in PROVINCES:
            self._reject("province", f"is not the six-digit code of a province{_province_meant(code)}")
        return code

    def credit_code(self, field: str) -> str:
        text = self._required(field)
        if self._has_error(field):
            return text
        try:
            return CreditCode.parse(text).value
        except InvalidCreditCode as error:
            self._reject(field, f"is not a credit code: {error}{_likely_cause(text, error.fault)}")
            return text

    def text(self, field: str, length: int) -> str:
        text = self._required(field)
        wrong = _first_unreadable(text)
        if wrong is not None:
            place = (getattr(self._record, field) or "").index(wrong) + 1
            self._reject(field, f"has a wrong character {place}: {_unreadable(wrong)}")
        elif fault := conversion_fault(text):
            self._reject(field, f"is not readable: {fault}")
        elif fault := person_fault(text):
            self._reject(field, fault)
        elif len(text) > length:
            self._reject(field, f"has {len(text)} characters; at most {length} are possible")
        return text

    def one_of(self, field: str, allowed: Mapping[str, object], names: Callable[[], Mapping[str, str]] = dict) -> str:
        """A key of `allowed`; `names` returns other names by which people call them."""
        text = self._required(field)
        if not self._has_error(field) and text not in allowed:
            self._reject(field, f"is unknown here{meant(text, allowed, names())} (expected: {', '.join(allowed)})")
        return text

    def declared_from(self) -> datetime | None:
        text = self._given("declared_from")
        if text is None:
            return None
        try:
            day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None:
            self._reject("declared_from", f"is not a day in the form YYYY-MM-DD{_day_meant(text)}")
            return None
        first = RULES.at(FilingDates, self._now).not_before
        if day < first:
            self._reject("declared_from", f"is before {first.isoformat()}: such an early day is a mistake")
        elif day > day_of(self._now):
            self._reject("declared_from", f"lies in the future: today is {day_of(self._now).isoformat()}")
        return begin_of_day(day)

    def _given(self, field: str) -> str | None:
        return cleaned(getattr(self._record, field) or "") or None

    def _required(self, field: str) -> str:
        text = self._given(field)
        if text is None:
            self._reject(field, "a value is required")
        return text or ""

    def _reject(self, field: str, detail: str, value: str | None = None) -> None:
        """Note an error: `detail` goes on after the value, which is `value` where that is how an error may show it."""
        text = self._given(field)
        if value is None and text is not None:
            value = shown(text)
        self.errors.append(FieldError(field, detail if value is None else f"`{value}` {detail}", value=value))

    def _has_error(self, field: str) -> bool:
        return any(each.field == field for each in self.errors)


def cleaned(text: str) -> str:
    """A text with ordinary spaces only, none at its ends, and without characters that are not seen."""
    # An accent that follows its letter is not seen by itself: the two become one character.
    text = unicodedata.normalize("NFC", text)
    # Of the spaces, only the ordinary one is printable.
    if text.isprintable() and IGNORABLE.isdisjoint(text):
        return text.strip()
    kinds = ((each, unicodedata.category(each)) for each in text)
    # A control character is no part of any text: it is a sign that the file is damaged, and stays for the error.
    return "".join(
        " " if kind == _SPACE else each for each, kind in kinds if kind == _CONTROL or each not in IGNORABLE
    ).strip()


def _first_unreadable(text: str) -> str | None:
    """The first character of a cleaned text that a name cannot have."""
    return next((each for each in text if each == LOST or not each.isprintable()), None)


def carrier_error(given: str) -> FieldError:
    """The error of a carrier that is unknown here, with the one that was probably meant."""
    value = shown(given)
    detail = f"`{value}` is unknown here{meant(given, CARRIERS, _carrier_names())} (expected: {', '.join(CARRIERS)})"
    return FieldError("carrier", detail, value=value)


def number_error(given: str) -> FieldError:
    """The error of a number that is on no access code of the numbering plan, with the likely cause."""
    damage = damage_of(given)
    value = damage.shown if damage else shown(given)
    fault = damage.fault if damage else _not_on_the_plan(SenderNumber.parse(given))
    return FieldError("number", f"`{value}` {fault}", value=value)


def _not_on_the_plan(number: SenderNumber) -> str:
    expected = "is not a number on an access code of the numbering plan"
    match number.kind:
        case NumberKind.PORT:
            return f"{expected}: it begins with 106, but is too short, or its access code is not assigned"
        case NumberKind.INVALID:
            return f"{expected}: it is not a number in digits"
    return f"{expected}: ports begin with 106, and this is a {number.kind.value} number"


def _carrier_names() -> dict[str, str]:
    return {
        name: code
        for code, row in CARRIERS.items()
        for name in (row.name, row.name_zh, row.name_zh.removeprefix("中国"), row.name.removeprefix("China "))
    }


def _province_meant(text: str) -> str:
    return meant(text[:2] if text.isdigit() else text, (), province_spellings())


def _likely_cause(text: str, fault: CreditCodeFault) -> str:
    """The end of an error's sentence about a text that is not a credit code."""
    if _SCIENTIFIC.fullmatch(plain(text)):
        return "; a spreadsheet wrote it in scientific notation and cut its digits: take it from the source, as text"
    return f"; this one has {len(text)}" if fault is CreditCodeFault.LENGTH else ""


def _unreadable(character: str) -> str:
    return LOST_FAULT if character == LOST else f"U+{ord(character):04X}, which cannot be printed"


def _day_meant(text: str) -> str:
    """The end of an error's sentence about a day in another form."""
    text = plain(text)
    parts = _DATE_ALIKE.fullmatch(text)
    with suppress(ValueError):  # no day of the calendar
        if parts is not None:
            day = date(*(int(each) for each in parts.groups() if each is not None))
            return f"; did you mean {day.isoformat()}?"
        if _DAY_NUMBER.fullmatch(text):
            day = _DAY_ZERO + timedelta(days=int(text[:5]))
            return f"; did you mean {day.isoformat()}? A spreadsheet stores a day as a number"
    return ""
