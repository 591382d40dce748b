"""What a carrier files, read from a form: the fields are the same in JSON and in a line of CSV."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from chassis.ids import new_id
from chassis.rules import LEGAL_TIME
from contracts.carriers import CARRIERS
from contracts.credit_codes import CreditCode, InvalidCreditCode
from contracts.numbers import NumberKind, SenderNumber
from contracts.provinces import PROVINCES
from contracts.vocabulary import Purpose
from services.ports.model import Filing

COLUMNS = (
    "number", "carrier", "province", "holder_uscc", "holder_name", "provider_uscc", "provider_name", "signature",
    "purpose", "declared_from",
)  # fmt: skip
"""The columns of the file in which a register comes."""

_PURPOSES = {each.value: each for each in Purpose}
_NAME_LENGTH = 200
_SIGNATURE_LENGTH = 40
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that cannot be filed as it is, and why."""

    field: str
    detail: str


class UnfitFormError(ValueError):
    """A form cannot be filed: all its faults at once."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.detail}" for each in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Form:
    """A filing that can be decided on: for which port, and what is filed of it. `valid_from` None: from when it is
    decided on."""

    carrier: str
    number: str
    access_code: str
    holder: str
    holder_name: str
    provider: str
    provider_name: str
    signature: str
    purpose: str
    province: str | None
    covers_extensions: bool
    valid_from: datetime | None

    def filing(self, recorded_at: datetime) -> Filing:
        """The filing that this form is when it is decided on."""
        return Filing(
            id=new_id(),
            holder=self.holder,
            holder_name=self.holder_name,
            provider=self.provider,
            provider_name=self.provider_name,
            signature=self.signature,
            purpose=self.purpose,
            province=self.province,
            covers_extensions=self.covers_extensions,
            valid_from=self.valid_from or recorded_at,
            valid_to=None,
            recorded_at=recorded_at,
        )


def read_form(fields: Mapping[str, str | None], *, covers_extensions: bool, now: datetime) -> Form:
    """The form in `fields`, by the names in COLUMNS; an empty field counts as missing. Raises UnfitFormError.

    `declared_from` is a day of the legal calendar, not after that of `now`, from whose midnight on the filing holds.
    """
    reading = _Reading(fields, now)
    number = reading.number()
    form = Form(
        carrier=reading.one_of("carrier", CARRIERS, "a carrier that is known here"),
        number=number.number,
        access_code=number.access_code or "",
        holder=reading.credit_code("holder_uscc"),
        holder_name=reading.text("holder_name", _NAME_LENGTH),
        provider=reading.credit_code("provider_uscc"),
        provider_name=reading.text("provider_name", _NAME_LENGTH),
        signature=reading.text("signature", _SIGNATURE_LENGTH),
        purpose=reading.one_of("purpose", _PURPOSES, " | ".join(_PURPOSES)),
        province=reading.province(number),
        covers_extensions=covers_extensions,
        valid_from=reading.declared_from(),
    )
    if reading.faults:
        raise UnfitFormError(reading.faults)
    return form


class _Reading:
    """One pass over the fields of a form; what is wrong is noted, so that all of it can be told."""

    def __init__(self, fields: Mapping[str, str | None], now: datetime) -> None:
        self._fields = fields
        self._now = now
        self.faults: list[Fault] = []

    def number(self) -> SenderNumber:
        number = SenderNumber.parse(self._required("number"))
        if not self._faulty("number") and (number.kind is not NumberKind.PORT or number.access is None):
            self._fault("number", "not a number on an access code of the numbering plan")
        return number

    def province(self, number: SenderNumber) -> str | None:
        code = self._given("province")
        if code is None:
            if number.access is not None and number.access.scope == "provincial":
                self._fault("province", f"required: {number.base} is an access code for one province")
            return None
        if code not in PROVINCES:
            self._fault("province", "not the six-digit code of a province")
        return code

    def credit_code(self, field: str) -> str:
        text = self._required(field)
        if self._faulty(field):
            return text
        try:
            return CreditCode.parse(text).value
        except InvalidCreditCode as error:
            self._fault(field, str(error))
            return text

    def text(self, field: str, length: int) -> str:
        text = self._required(field)
        if len(text) > length:
            self._fault(field, f"longer than {length} characters")
        elif not text.isprintable():
            self._fault(field, "contains characters that cannot be printed")
        return text

    def one_of(self, field: str, allowed: Mapping[str, object], expected: str) -> str:
        text = self._required(field)
        if not self._faulty(field) and text not in allowed:
            self._fault(field, f"must be {expected}")
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
            self._fault("declared_from", "must be a day, as YYYY-MM-DD")
            return None
        if day > self._now.astimezone(LEGAL_TIME).date():
            self._fault("declared_from", "lies in the future")
        return datetime.combine(day, time(), LEGAL_TIME)

    def _given(self, field: str) -> str | None:
        return (self._fields.get(field) or "").strip() or None

    def _required(self, field: str) -> str:
        text = self._given(field)
        if text is None:
            self._fault(field, "required")
        return text or ""

    def _fault(self, field: str, detail: str) -> None:
        self.faults.append(Fault(field, detail))

    def _faulty(self, field: str) -> bool:
        return any(each.field == field for each in self.faults)
