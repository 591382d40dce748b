"""Credit codes as callers write them."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.http.problems import Invalid
from contracts.credit_codes import CreditCode, InvalidCreditCode


def read_code(raw: str, where: str, pointer: str) -> str:
    """The code in its one form. Raises Invalid, naming the value by `where` and `pointer`, for what is none."""
    try:
        return CreditCode.parse(raw).value
    except InvalidCreditCode as error:
        raise Invalid.value(where, pointer, str(error)) from error


def read_codes(raw: Sequence[str], pointer: str) -> list[str]:
    """The codes of a list in a body, in their order. Raises Invalid with a pointer to every one that is none."""
    codes: list[str] = []
    errors: list[dict[str, str]] = []
    for index, each in enumerate(raw):
        try:
            codes.append(CreditCode.parse(each).value)
        except InvalidCreditCode as error:
            errors.append({"in": "body", "pointer": f"{pointer}/{index}", "detail": str(error)})
    if errors:
        raise Invalid(errors=errors)
    return codes
