"""What a client reads about a wrong value: our words, never those of the validator."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chassis.http.faults import fault_of, form
from chassis.http.times import Moment, Quarter
from chassis.http.words import Words


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Nested(BaseModel):
    name: str


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field("", min_length=0, max_length=3)
    some: str = Field("a", min_length=1)
    code: str = Field("440000", pattern=form("^[0-9]{6}$", "must have six digits"))
    words: Words = "a"
    count: int = Field(1, ge=1, le=9)
    share: float = 0.5
    sure: bool = False
    id: UUID | None = None
    at: Moment | None = None
    through: Quarter = "2026Q1"
    colour: Colour = Colour.RED
    size: Literal["S", "M"] = "S"
    several: list[str] = Field(["a"], min_length=1, max_length=2)
    nested: Nested = Nested(name="a")


LOST = "in the place of characters that were lost when the text was converted; take it from the source"
TIME = "must be a time with its offset, such as 2026-05-06T09:00:00+08:00"


@pytest.mark.parametrize(
    ("field", "value", "detail"),
    [
        ("text", 5, "must be a text"),
        ("text", "abcd", "may have at most 3 characters"),
        ("some", "", "must have at least 1 characters"),
        ("code", "44", "must have six digits"),
        ("words", " \u3000\u200b", "must have a character that is seen"),
        ("words", "????", f"question marks stand {LOST}"),
        ("words", "锟斤拷", f"锟斤拷 stands {LOST}"),
        ("count", "many", "must be a whole number"),
        ("count", 1.5, "must be a whole number"),
        ("count", 0, "must be at least 1"),
        ("count", 10, "may be at most 9"),
        ("share", "half", "must be a number"),
        ("sure", "perhaps", "must be true or false"),
        ("id", "7", "must be an id (UUID)"),
        ("at", "yesterday", TIME),
        ("at", "2026-05-06T09:00:00", TIME),
        ("at", "0001-01-01T00:00:00Z", "must be a time from 2000-01-01 to 2100-01-01 (Beijing time)"),
        ("through", "9999Q4", "9999Q4 is not a quarter from 2000 to 2099"),
        ("colour", "gren", "must be red or green; did you mean green?"),
        ("size", "XXL", "must be S or M"),
        ("several", "a", "must be a list"),
        ("several", [], "must have at least 1 entries"),
        ("several", ["a", "b", "c"], "may have at most 2 entries"),
        ("nested", 1, "must be an object"),
        ("nested", {}, "is required"),
        ("unknown", 1, "is not known here"),
    ],
)
def test_a_wrong_value_is_described_by_what_is_expected(field: str, value: Any, detail: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate({field: value})
    assert [fault_of(each)["detail"] for each in caught.value.errors()] == [detail]


@pytest.mark.parametrize(
    ("value", "shown"), [("yesterday", "yesterday"), ("13900001234", "〈号码〉"), ("2026\u200b", "2026<U+200B>")]
)
def test_the_value_is_shown_without_numbers_of_persons(value: str, shown: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate({"at": value})
    (error,) = caught.value.errors()
    assert fault_of(error)["value"] == shown


@pytest.mark.parametrize("value", [None, [], {}])
def test_what_is_no_single_value_is_not_shown(value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate({"text": value})
    assert "value" not in fault_of(caught.value.errors()[0])


def test_an_unknown_kind_of_error_has_a_sentence_too() -> None:
    assert fault_of({"type": "of_a_later_version", "msg": "Input should be a frog", "input": 1}) == {
        "detail": "is not a value that is expected here",
        "value": "1",
    }
