"""No error shows a value of a field that identifies a person, whatever is wrong with it."""

from __future__ import annotations

import json
from typing import Annotated

import msgspec
import pytest

from chassis.http.problems import Problem
from chassis.http.validation import read_json
from chassis.imports.encodings import Transcoder
from chassis.imports.formats import Csv, Ndjson, read_all
from chassis.imports.lines import Cut, LineError
from chassis.wrong_fields import PERSONAL, field_errors, personal_fields


class Guest(msgspec.Struct):
    name: str
    number: Annotated[str, PERSONAL]
    age: int


SECRET = "4711x"
"""So short that it is shown of any other field."""


def shown(errors: list[LineError]) -> str:
    assert errors
    return repr(errors)


def test_the_fields_are_found_by_their_annotation() -> None:
    assert personal_fields(Guest) == {"number"}


@pytest.mark.parametrize("value", [4711, 47.11, [SECRET], {SECRET: 1}, {"x": SECRET}, True, None])
def test_a_value_of_another_type_is_not_shown(value: object) -> None:
    errors = field_errors(Guest, {"name": "x", "number": value, "age": 1})
    assert [(each.field, each.value) for each in errors] == [("number", None)]
    assert "47" not in repr(errors)
    assert "4711" in repr(field_errors(Guest, {"name": 4711, "number": "x", "age": 1}))


NDJSON = [
    b'{"name": "x", "age": 1, "number": 4711}',
    b'{"name": "x", "age": 1, "number": "4711x\\u0000"}',
    b'{"name": "x", "age": 1, "number": "4711x\\ufffd"}',
    b'{"name": "x", "age": 1, "number": ["4711x\\ufffd"]}',
    b'{"name": "x", "age": 1, "number": {"4711x\\ufffd": 1}}',
    b'{"name": "x", "age": 1, "number": "4711x\\ud800"}',
    b'{"name": "x", "age": 1, "number": "4711x\x00"}',
    b'{"name": "x", "age": 1, "number": "4711x\xff"}',
    b'{"name": "x", "age": 1, "number": "4711x", "number": "4711x"}',
    b'{"name": "x", "age": 1, "number": "4711x"',
    b'{"name": "x", "age": 1, "number": 4711x}',
    '{"name": "x", "age": 1, "number": "4711x\ufffd"}'.encode(),
    b'{"name": "x", "age": "old", "number": "4711x"}',
]


@pytest.mark.parametrize("line", NDJSON)
def test_no_error_of_a_line_of_json_shows_it(line: bytes) -> None:
    lines, errors = read_all(Ndjson(Guest).reader(()), [Cut(1, line)])
    assert lines == []
    assert "4711" not in shown(errors)


CSV = [
    'x,47"11x,1',
    'x,"4711x,1',
    'x,"4711x"y,1',
    'x,="4711x",1',
    "x,4711x\0,1",
    "x,4711x\r,1",
    "x,4711x\ufffd,1",
    "x,4711x",
    "x,4711x,1,2",
    "x,4711x,old",
    "x;4711x;1",
]


@pytest.mark.parametrize("line", CSV)
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_no_error_of_a_line_of_csv_shows_it(line: str, charset: str) -> None:
    transcoder = Transcoder(charset)
    content = transcoder.feed(line.encode(charset)) + transcoder.end()
    lines, errors = read_all(Csv(Guest).reader(("name", "number", "age")), [Cut(1, content, span=(1, 2))])
    assert lines == []
    assert "4711" not in shown(errors)
    assert '47"11' not in shown(errors)


def test_an_error_shows_the_same_value_of_another_column() -> None:
    _, errors = read_all(Csv(Guest).reader(("name", "number", "age")), [Cut(1, b'47"11x,x,1')])
    assert errors[0].value == '47"11x'


def refusal(body: bytes) -> str:
    """The problem document of a body of a request; empty for one that is JSON."""
    try:
        read_json(body, personal_fields(Guest))
    except Problem as problem:
        return json.dumps(problem.body())
    return ""


def test_no_refusal_of_a_request_shows_it() -> None:
    refusals = [refused for line in NDJSON if (refused := refusal(line))]
    assert len(refusals) >= 9
    assert [each for each in refusals if "4711" in each] == []
