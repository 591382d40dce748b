"""A filing form, read from its fields, which are the same in JSON and in a line of CSV."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from chassis.calendar import LEGAL_TIME, day_of
from chassis.field_errors import FieldError, InvalidFieldsError
from contracts.carriers import CARRIERS
from contracts.credit_codes import CreditCode, InvalidCreditCode
from contracts.damage import damage_of
from contracts.numbers import SenderNumber
from contracts.provinces import PROVINCES
from contracts.vocabulary import Purpose
from services.ports.model import FilingContent, PortFiling, PortKey
from services.ports.policy.rulebook import RULES, FilingDates

NAME_LENGTH = 200
SIGNATURE_LENGTH = 40
"""Limits in characters."""

_PURPOSES = {each.value: each for each in Purpose}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


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

    def filing(self, decided_at: datetime) -> PortFiling:
        """The filing that this form becomes when it is decided on."""
        return PortFiling.of(self, valid_from=self.valid_from or decided_at, recorded_at=decided_at)


def read_form(fields: Mapping[str, str | None], *, covers_extensions: bool, now: datetime) -> FilingForm:
    """The form in `fields`, by their names in POST /filings; an empty field counts as missing.

    Raises InvalidFieldsError. `declared_from` is a day of the legal calendar, not later than that of `now`; the filing
    holds from its midnight on.
    """
    reading = _Reading(fields, now)
    number = reading.number()
    form = FilingForm(
        carrier=reading.one_of("carrier", CARRIERS, "a carrier that is known here"),
        number=number.number,
        access_code=number.access_code or "",
        holder=reading.credit_code("holder_uscc"),
        holder_name=reading.text("holder_name", NAME_LENGTH),
        provider=reading.credit_code("provider_uscc"),
        provider_name=reading.text("provider_name", NAME_LENGTH),
        signature=reading.text("signature", SIGNATURE_LENGTH),
        purpose=reading.one_of("purpose", _PURPOSES, " | ".join(_PURPOSES)),
        province=reading.province(number),
        covers_extensions=covers_extensions,
        valid_from=reading.declared_from(),
    )
    if reading.errors:
        raise InvalidFieldsError(reading.errors)
    return form


class _Reading:
    """One pass over the fields of a form; errors are collected, so that all of them are reported at once."""

    def __init__(self, fields: Mapping[str, str | None], now: datetime) -> None:
        self._fields = fields
        self._now = now
        self.errors: list[FieldError] = []

    def number(self) -> SenderNumber:
        number = SenderNumber.parse(self._required("number"))
        if not self._has_error("number") and (number.access is None):
            damage = damage_of(self._required("number"))
            self._reject("number", damage.detail if damage else "not a number on an access code of the numbering plan")
        return number

    def province(self, number: SenderNumber) -> str | None:
        code = self._given("province")
        if code is None:
            if number.access is not None and number.access.scope == "provincial":
                self._reject("province", f"required: {number.base} is an access code for one province")
            return None
        if code not in PROVINCES:
            self._reject("province", "not the six-digit code of a province")
        return code

    def credit_code(self, field: str) -> str:
        text = self._required(field)
        if self._has_error(field):
            return text
        try:
            return CreditCode.parse(text).value
        except InvalidCreditCode as error:
            self._reject(field, str(error))
            return text

    def text(self, field: str, length: int) -> str:
        text = self._required(field)
        if len(text) > length:
            self._reject(field, f"longer than {length} characters")
        elif not text.isprintable():
            self._reject(field, "contains characters that cannot be printed")
        return text

    def one_of(self, field: str, allowed: Mapping[str, object], expected: str) -> str:
        text = self._required(field)
        if not self._has_error(field) and text not in allowed:
            self._reject(field, f"must be {expected}")
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
            self._reject("declared_from", "must be a day, as YYYY-MM-DD")
            return None
        first = RULES.at(FilingDates, self._now).not_before
        if day < first:
            self._reject("declared_from", f"a day before {first.isoformat()} is a mistake")
        elif day > day_of(self._now):
            self._reject("declared_from", "lies in the future")
        return datetime.combine(day, time(), LEGAL_TIME)

    def _given(self, field: str) -> str | None:
        return (self._fields.get(field) or "").strip() or None

    def _required(self, field: str) -> str:
        text = self._given(field)
        if text is None:
            self._reject(field, "required")
        return text or ""

    def _reject(self, field: str, detail: str) -> None:
        self.errors.append(FieldError(field, detail))

    def _has_error(self, field: str) -> bool:
        return any(each.field == field for each in self.errors)
