"""What is wrong with a record, in words for the person who sends it."""

from __future__ import annotations

import msgspec

from chassis.wrong_fields import field_errors


class Span(msgspec.Struct):
    first: int
    last: int

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("the span ends before it begins")


def test_of_thousands_of_unknown_fields_only_some_are_named_and_every_known_one() -> None:
    values = {"last": "x"} | {f"x{number}": 1 for number in range(4_000)}
    names = [each.field for each in field_errors(Span, values)]
    assert names == [*(f"x{number}" for number in range(20)), "first", "last"]


def test_values_that_are_wrong_only_together_are_one_error_of_the_record() -> None:
    (error,) = field_errors(Span, {"first": 2, "last": 1})
    assert (error.field, error.code, error.detail) == ("", "invalid", "the values do not fit each other")
