"""Errors in the fields of a form: all of them at once, each with the field and what is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field. `field` is its name in the form ("attribution/holder" for a nested one, "" for the
    whole form); `detail` never quotes personal data; `code` is for programs; `value` is the wrong value as it may be
    shown (`chassis.hints.shown`)."""

    field: str
    detail: str
    code: str = "invalid"
    value: str | None = None


class InvalidFieldsError(ValueError):
    """A form with at least one field error. Over HTTP it is the problem `validation`, with a pointer to each field."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.detail}" for each in errors))
        self.errors = tuple(errors)
