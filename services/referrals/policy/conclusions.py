"""Whether the fields of a conclusion fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from chassis.field_errors import FieldError, InvalidFieldsError
from chassis.hints import conversion_fault, person_fault, shown
from contracts.credit_codes import CreditCode, InvalidCreditCode
from contracts.referrals import Conclusion
from contracts.vocabulary import ConclusionCode

MOST_YUAN = 10**12
"""More than any fine: a larger sum is a typing error."""
LONGEST_NAME = 200
"""Characters of a decision's number, or of the name of a body that a case is transferred to."""
LONGEST_NOTE = 1_000

_Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]


class ConclusionForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the authority found and did."""

    code: ConclusionCode
    amount: Annotated[
        Annotated[int, Meta(ge=-MOST_YUAN, le=MOST_YUAN)] | None,
        Meta(description="of a fine, in yuan; only with `fined`"),
    ] = None
    enterprise: Annotated[
        _Name | None, Meta(description="credit code of the enterprise found to be behind the subject")
    ] = None
    decision: Annotated[_Name | None, Meta(description="number of the authority's decision")] = None
    merged_into: Annotated[
        UUID | None, Meta(description="the clue whose case includes this one; only with `merged`")
    ] = None
    transferred_to: Annotated[
        _Name | None, Meta(description="the body that took over the case; only with `transferred`")
    ] = None
    note: Annotated[str, Meta(min_length=1, max_length=LONGEST_NOTE)] | None = None

    @property
    def conclusion(self) -> Conclusion:
        """The conclusion as facts carry it."""
        return msgspec.convert(self, Conclusion, from_attributes=True)


def checked(conclusion: Conclusion, clue: UUID) -> Conclusion:
    """The conclusion of this clue, with the enterprise's credit code in standard form. Raises InvalidFieldsError."""
    errors = [_with_value(each, conclusion) for each in _errors_in(conclusion, clue)]
    if errors:
        raise InvalidFieldsError(errors)
    if conclusion.enterprise is None:
        return conclusion
    return msgspec.structs.replace(conclusion, enterprise=str(CreditCode.parse(conclusion.enterprise)))


def _with_value(error: FieldError, conclusion: Conclusion) -> FieldError:
    value = getattr(conclusion, error.field)
    return error if value is None else replace(error, value=shown(str(value)))


def _errors_in(conclusion: Conclusion, clue: UUID) -> Iterator[FieldError]:
    fined = conclusion.code == ConclusionCode.FINED
    if fined and (conclusion.amount is None or conclusion.amount <= 0):
        yield FieldError("amount", "a fine has an amount in yuan")
    if not fined and conclusion.amount is not None:
        yield FieldError("amount", "only a fine has an amount")
    yield from _presence("merged_into", conclusion.merged_into, conclusion.code == ConclusionCode.MERGED)
    yield from _presence("transferred_to", conclusion.transferred_to, conclusion.code == ConclusionCode.TRANSFERRED)
    if conclusion.merged_into == clue:
        yield FieldError("merged_into", "a clue cannot be merged into itself")
    if conclusion.enterprise is not None:
        try:
            CreditCode.parse(conclusion.enterprise)
        except InvalidCreditCode as error:
            yield FieldError("enterprise", str(error))
    for name in ("decision", "transferred_to", "note"):
        text = getattr(conclusion, name) or ""
        if fault := conversion_fault(text) or person_fault(text):
            yield FieldError(name, fault)


def _presence(field: str, value: object, required: bool) -> Iterator[FieldError]:
    if required and not value:
        yield FieldError(field, "required with this code")
    if not required and value is not None:
        yield FieldError(field, "not allowed with this code")
