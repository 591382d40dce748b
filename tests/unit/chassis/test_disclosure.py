from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import msgspec
import pytest
from pydantic import BaseModel, ValidationError

from chassis.aggregate import fact
from chassis.disclosure import disclosed
from chassis.event import Event
from chassis.hints import person_fault
from chassis.http.words import Words
from chassis.redaction import Redacted, Written, written

MOBILE = "13900005678"


class Part(msgspec.Struct, frozen=True):
    note: Written | None
    code: str


class Noted(Event, frozen=True, kw_only=True):
    type: ClassVar[str] = "noted.v1"

    code: str
    excerpt: Redacted
    name: Written | None
    grounds: tuple[Written, ...]
    part: Part | None


@dataclass
class Row:
    """What an earlier release stored, with texts that it did not look into."""

    code: str = MOBILE
    excerpt: str = f"机主{MOBILE}"
    name: str | None = f"客服{MOBILE}"
    grounds: tuple[str, ...] = ("两个端口", f"机主{MOBILE}")
    part: Part | None = None


@pytest.mark.parametrize(
    "text",
    [
        MOBILE,
        "客服+86 139-0000-5678",
        "一三九零零零零五六七八",
        "１３９００００５６７８",
        "&#49;3900005678",
        "证件11010119900307123X号",
    ],
)
def test_the_number_of_a_person_is_found_in_every_spelling(text: str) -> None:
    assert person_fault(text) is not None
    assert written(text) != text
    assert person_fault(written(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "安宁信息技术有限公司",
        "95588",
        "400-812-3123",
        "10690123565713900005678",
        "沪通管罚〔2026〕12345678号",
        "shut on 2026-05-01, ticket 20260501123456",
    ],
)
def test_what_an_organisation_names_stays(text: str) -> None:
    assert person_fault(text) is None
    assert written(text) == text


def test_a_fact_has_no_number_of_a_person_that_an_earlier_release_stored() -> None:
    noted = fact(Noted, Row(part=Part(Written(f"问{MOBILE}"), "c")))
    assert (noted.excerpt, noted.name, noted.grounds) == ("机主〈号码〉", "客服〈号码〉", ("两个端口", "机主〈号码〉"))
    assert noted.part == Part(Written("问〈号码〉"), "c")


def test_a_text_that_is_missing_stays_missing() -> None:
    noted = fact(Noted, Row(name=None))
    assert (noted.name, noted.part) == (None, None)


def test_a_struct_without_texts_is_the_same() -> None:
    class Counted(msgspec.Struct, frozen=True):
        code: str
        count: int

    counted = Counted(MOBILE, 1)
    assert disclosed(counted) is counted


def test_a_view_treats_its_texts() -> None:
    class NotedView(BaseModel):
        excerpt: Redacted
        name: Written | None

    view = NotedView.model_validate({"excerpt": f"尊敬的张三先生{MOBILE}", "name": f"张三店{MOBILE}"})
    assert (view.excerpt, view.name) == ("尊敬的〈姓名〉先生〈号码〉", "张三店〈号码〉")


def test_words_with_the_number_of_a_person_are_refused_without_repeating_it() -> None:
    class Form(BaseModel):
        reason: Words

    with pytest.raises(ValidationError) as refused:
        Form(reason=f"机主是{MOBILE}")
    (error,) = refused.value.errors()
    assert error["msg"] == "has the number of a person; others read this text: leave the number out"
