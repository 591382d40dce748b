"""Values in requests that several routes have."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from contracts.credit_codes import CreditCode, InvalidCreditCode


def parse_code(code: str) -> str:
    """The normalised credit code in a text. Raises PydanticCustomError."""
    try:
        return CreditCode.parse(code).value
    except InvalidCreditCode as error:
        raise PydanticCustomError("credit_code", "{reason}", {"reason": str(error)}) from error


CreditCodeText = Annotated[str, AfterValidator(parse_code)]
"""A unified social credit code, normalised."""
