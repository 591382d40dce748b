"""Words that a person writes in a request: a name, a reason, a statement. They are not blank, were not lost, and have
no number of a person: others read them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from chassis.characters import visible
from chassis.hints import conversion_fault, person_fault


def _legible(text: str) -> str:
    if not visible(text).strip():
        raise PydanticCustomError("blank", "must have a character that is seen")
    if fault := conversion_fault(text):
        raise PydanticCustomError("lost", "{fault}", {"fault": fault})
    if fault := person_fault(text):
        raise PydanticCustomError("personal", "{fault}", {"fault": fault})
    return text


LEGIBLE: Final = AfterValidator(_legible)
"""Refuses a text of spaces and characters that are not seen, one whose characters a conversion lost, and one with the
number of a person."""

Words = Annotated[str, LEGIBLE]
"""A text that can be read: `reason: Words = Field(min_length=1, max_length=1_000)`."""
