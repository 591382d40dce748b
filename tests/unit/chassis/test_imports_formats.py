from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.imports import Csv, LineError, Ndjson
from chassis.imports.formats import BadLine, read_all
from chassis.imports.lines import MAX_LINE, Cut
from chassis.imports.refusals import UnreadableFile, WrongHeader


class Letter(msgspec.Struct, forbid_unknown_fields=True):
    number: str
    text: str = ""


class Street(msgspec.Struct):
    code: str
    name: str
    houses: int | None = None
    since: date | None = None


NDJSON = Ndjson(Letter)
CSV = Csv(Street)
COLUMNS = ("code", "name", "houses")


def code_of(read: Callable[[bytes], object], raw: bytes) -> str:
    with pytest.raises(BadLine) as caught:
        read(raw)
    return caught.value.code


def test_a_json_line_is_decoded_into_the_requested_struct() -> None:
    assert NDJSON.reader(())(b' {"number": "1", "text": "\\u4f60\xe5\xa5\xbd \\ud83d\\ude00"} \r') == Letter(
        "1", "你好 😀"
    )


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param(b'{"number": "' + b"1" * MAX_LINE + b'"}', "line-too-long", id="a line that is too long"),
        ('{"number": "信"}'.encode("gbk"), "not-utf8"),
        ('{"number": "1"}'.encode("utf-16-le"), "nul-character"),
        (b'{"number": "1\x00"}', "nul-character"),
        (b'{"number": "1\\u0000"}', "nul-character"),
        (b'{"number": "\xed\xa0\x80"}', "not-utf8"),
        (b'{"number": "\\ud800"}', "lone-surrogate"),
        (b'{"number": "\\udc00\\ud800 and more"}', "lone-surrogate"),
        (b'{"number": "1"', "malformed"),
        (b'{"number": NaN}', "malformed"),
        (b'{"number": "1"} {}', "malformed"),
        (b"{}", "invalid"),
        (b"[]", "invalid"),
        (b'{"number": 1}', "invalid"),
        (b'{"number": "1", "colour": "red"}', "invalid"),
    ],
)
def test_a_bad_json_line_has_an_error_code(raw: bytes, code: str) -> None:
    assert code_of(NDJSON.reader(()), raw) == code


def test_an_escaped_backslash_before_u0000_is_not_a_nul_character() -> None:
    assert NDJSON.reader(())(rb'{"number": "\\u0000"}') == Letter(r"\u0000")
    assert code_of(NDJSON.reader(()), rb'{"number": "\\\u0000"}') == "nul-character"


TEXTS = st.text(alphabet='a0d8u\\"\0\n信😀\ud800', max_size=8)


@given(st.dictionaries(TEXTS, TEXTS, min_size=1), st.booleans())
def test_a_text_is_accepted_unchanged_unless_it_cannot_be_stored(record: dict[str, str], escaped: bool) -> None:
    raw = json.dumps(record, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    read = Ndjson(dict[str, str]).reader(())
    texts = "".join(name + value for name, value in record.items())
    if "\0" in texts or "\ud800" in texts:
        assert code_of(read, raw) in ("nul-character", "lone-surrogate", "not-utf8")
    else:
        assert read(raw) == record


def test_nesting_that_is_too_deep_is_an_error_of_its_line() -> None:
    assert code_of(Ndjson(dict[str, object]).reader(()), b'{"text": ' + b"[" * 60_000) == "malformed"


def test_columns_can_have_any_order_and_those_with_a_default_can_be_omitted() -> None:
    assert CSV.columns(b"name, code ") == ("name", "code")
    assert CSV.columns(b'"code","name","since"') == ("code", "name", "since")


def test_the_refusal_of_a_header_names_missing_unknown_and_repeated_columns() -> None:
    with pytest.raises(WrongHeader) as caught:
        CSV.columns("code,code,颜色".encode())
    assert caught.value.members == {
        "missing": ["name"],
        "unknown": ["颜色"],
        "repeated": ["code"],
        "columns": ["code", "name", "houses", "since"],
    }


@pytest.mark.parametrize("header", [b"", b"code;name", b"\x00", b"code,name,"])
def test_a_file_whose_first_line_is_not_a_header_is_refused(header: bytes) -> None:
    with pytest.raises((WrongHeader, UnreadableFile)):
        CSV.columns(header)


def test_csv_values_are_converted_to_the_types_of_the_struct_and_an_empty_value_counts_as_absent() -> None:
    read = CSV.reader((*COLUMNS, "since"))
    assert read('a,"信, 大\n路",12,2020-11-06'.encode()) == Street("a", "信, 大\n路", 12, date(2020, 11, 6))
    assert read(b"a,b,,") == Street("a", "b")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param(b"a," + b"b" * MAX_LINE + b",", "line-too-long", id="a line that is too long"),
        ("a,信,1".encode("gbk"), "not-utf8"),
        (b"a,b\x00,1", "nul-character"),
        (b'a,"b,1', "unclosed-quote"),
        (b'a,"b"c,1', "malformed"),
        (b"a,b\rc,1", "malformed"),
        (b"a,b", "columns"),
        (b"a,b,1,2", "columns"),
        (b"a,,1", "invalid"),
        (b"a,b,many", "invalid"),
    ],
)
def test_a_bad_csv_line_has_an_error_code(raw: bytes, code: str) -> None:
    assert code_of(CSV.reader(COLUMNS), raw) == code


def test_bad_lines_are_reported_by_number_and_the_good_ones_are_kept() -> None:
    lines, errors = read_all(CSV.reader(COLUMNS), [Cut(2, b"a,b,1"), Cut(3, b"x"), Cut(7, b"c,d,2")])
    assert [(line.number, line.record.code, line.raw) for line in lines] == [(2, "a", b"a,b,1"), (7, "c", b"c,d,2")]
    assert errors == [LineError(3, "columns", "It has 1 values; the first line names 3 columns.")]
