"""Words that a person writes in a request: a reason, a statement. They are not blank."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from chassis.characters import visible


def _not_blank(text: str) -> str:
    if not visible(text).strip():
        raise PydanticCustomError("blank", "must have a character that is seen")
    return text


NOT_BLANK: Final = AfterValidator(_not_blank)
"""Refuses a text of spaces and characters that are not seen."""

Words = Annotated[str, NOT_BLANK]
"""A text with at least one character that is seen: `reason: Words = Field(min_length=1, max_length=1_000)`."""
