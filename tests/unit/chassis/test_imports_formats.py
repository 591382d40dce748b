from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.imports import Csv, LineError, Ndjson
from chassis.imports.formats import BadLine, read_all
from chassis.imports.lines import MAX_LINE, Cut, Repeat
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
        ('{"number": "\ufffd"}'.encode(), "replacement-character"),
        (b'{"number": "\\uFFFD"}', "replacement-character"),
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


TEXTS = st.text(alphabet='a0d8ufF\\"\0\n信😀\ud800\ufffd', max_size=8)


@given(st.dictionaries(TEXTS, TEXTS, min_size=1), st.booleans())
def test_a_text_is_accepted_unchanged_unless_it_cannot_be_stored(record: dict[str, str], escaped: bool) -> None:
    raw = json.dumps(record, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    read = Ndjson(dict[str, str]).reader(())
    texts = "".join(name + value for name, value in record.items())
    if any(each in texts for each in "\0\ud800\ufffd"):
        assert code_of(read, raw) in ("nul-character", "lone-surrogate", "not-utf8", "replacement-character")
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
    assert caught.value.detail == (
        "The header in the first line has errors: unknown column `颜色`; missing columns: name; repeated columns: code."
    )
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
    assert read('a,"信, 大""路""",12,2020-11-06'.encode()) == Street("a", '信, 大"路"', 12, date(2020, 11, 6))
    assert read(b"a,b,,") == read(b"a,b, ,\t") == Street("a", "b")


def test_spaces_around_a_value_and_its_quotes_are_not_part_of_it() -> None:
    read = CSV.reader(COLUMNS)
    assert read(b'a, "b, c" ,12') == read(b'a,\t"b, c", 12 ') == read(b' a ,"b, c",12') == Street("a", "b, c", 12)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param(b"a," + b"b" * MAX_LINE + b",", "line-too-long", id="a line that is too long"),
        ("a,信,1".encode("gbk"), "not-utf8"),
        (b"a,b\x00,1", "nul-character"),
        (b'a,"b,1', "unclosed-quote"),
        (b'a,"b"c,1', "stray-quote"),
        (b'a,b"c,1', "stray-quote"),
        (b'a,b "c",1', "stray-quote"),
        ('a,\u3000"c",1'.encode(), "stray-quote"),
        (b"a,b\rc,1", "line-break"),
        (b'a,"b\nc",1', "line-break"),
        ("a,\ufffd,1".encode(), "replacement-character"),
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
    [error] = errors
    assert (error.line, error.code) == (3, "columns")


def errors_of(read: Callable[[bytes], object], raw: bytes, **cut: Any) -> LineError:
    """The only error of a line."""
    lines, [error] = read_all(read, [Cut(5, raw, **cut)])
    assert lines == []
    return error


NAMED = "the first line names 3 columns"
CUT_OFF = "is a comma missing, or the line cut off?"
SEMICOLONS = "the values seem to be separated by semicolons, not by commas"
LOST = "of the line is U+FFFD: the right one was lost when the text was converted before"
BREAK = "a line break is within a value; a record is one line, ended by LF or CRLF"
STRAY = 'a quote (") stands within a value; such a value is in quotes, and each quote in it is doubled ("")'
FORMULA = 'the marks by which a spreadsheet keeps a number as text (="…") were exported with it; give the digits only'
TIME = "a time with its offset, such as 2026-05-06T09:00:00+08:00, is expected"


@pytest.mark.parametrize(
    ("raw", "detail", "column", "value"),
    [
        (b"a", f"the line has 1 values; {NAMED}, and `name` has none; {CUT_OFF}", None, None),
        (b"a;b", f"the line has 1 values; {NAMED}; {SEMICOLONS}", None, None),
        (b"a,b,c,d", f"the line has 4 values; {NAMED}; is a value with a comma in it not in quotes?", None, None),
        (b'a,"b,1', "column `name`: a quote is opened and not closed on its line", "name", '"b'),
        (b'a,b",1', f"column `name`: {STRAY}", "name", 'b"'),
        (b'a,"13900001234,1', "column `name`: a quote is opened and not closed on its line", "name", '"〈号码〉'),
        (b'a,="10690123",1', f"column `name`: {FORMULA}", "name", '="10690123"'),
        (b"a,b\0c,1", "column `name`: character 4 of the line is NUL", "name", "b<U+0000>c"),
        (b"a,,1", "column `name`: a value is required", "name", None),
        (b"a,b\rc,1", f"column `name`: {BREAK}", "name", "b<U+000D>c"),
        ("a,b\ufffd,1".encode(), f"column `name`: character 4 {LOST}", "name", "b\ufffd"),
        ("1390000\ufffd1,b,1".encode(), f"column `code`: character 8 {LOST}", "code", "〈号码〉"),
        ('a\ufffd,"b,1'.encode(), f"character 2 {LOST}", None, None),
        (b"a,b,many", "column `houses`: `many`: a whole number is expected", "houses", "many"),
        (b"a,b,1390000123x", "column `houses`: `〈编码〉`: a whole number is expected", "houses", "〈编码〉"),
    ],
)  # fmt: skip
def test_the_error_of_a_csv_line_names_the_column_the_value_and_the_likely_cause(
    raw: bytes, detail: str, column: str | None, value: str | None
) -> None:
    error = errors_of(CSV.reader(COLUMNS), raw)
    assert (error.detail, error.column, error.value) == (detail, column, value)


NO_OBJECT = "the line is not one JSON object"
LAYOUT = "each line is one object, without brackets or commas around the lines: {…}"
LINE_ENDS = "lines end with LF or CRLF, not with CR alone"
QUOTES = "; put the value in quotes: JSON numbers have no leading zeros, and lose digits"


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Parcel(msgspec.Struct, forbid_unknown_fields=True):
    number: str
    sent_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    colour: Colour = Colour.RED
    grams: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    fragile: bool = False
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=3)] | None = None
    depot: UUID | None = None
    weight: float = 0.0
    stops: list[str] = []


@pytest.mark.parametrize(
    ("raw", "detail", "value"),
    [
        ("{}", "field `number`: a value is required", None),
        ("[]", "an object with fields is expected: {…}", None),
        ('{"number": "1", "color": 1}', "field `color`: this field is unknown; did you mean colour?", None),
        ('{"number": 13900001234}', f"field `number`: `〈号码〉`: a text is expected{QUOTES}", "〈号码〉"),
        ('{"number": 10690}', f"field `number`: `10690`: a text is expected{QUOTES}", "10690"),
        (
            '{"number": "1", "sent_at": 17e8}',
            f"field `sent_at`: `〈号码〉`: {TIME}; a count of seconds is no time",
            "〈号码〉",
        ),
        ('{"number": 5, "number": "2"}', "field `number`: occurs twice in the line; send it once", None),
        ('{"number": 1e999}', f"{NO_OBJECT}: a number in it is too large", None),
        ('[{"number": "1"}', f"{NO_OBJECT}: it ends before its last brace or quote; {LAYOUT}", None),
        ('{"number": "1"},', f"{NO_OBJECT}: text follows after its last brace; {LAYOUT}", None),
        ('"number": "1",', f"{NO_OBJECT}: text follows after its last brace; {LAYOUT}", None),
        ('{"number": "1",}', f"{NO_OBJECT}: character 16 is not expected there", None),
        ('{"number": "1", "number": "2"}', "field `number`: occurs twice in the line; send it once", None),
        ('{"number": "1", "note": "\\ud83d"}', "field `note`: a text contains half of a surrogate pair", None),
        ('{"number": "1"}\r{}', f"{NO_OBJECT}: text follows after its last brace; {LINE_ENDS}", None),
        ('{"number": "1", "sent_at": "yesterday"}', f"field `sent_at`: `yesterday`: {TIME}", "yesterday"),
        ('{"number": "1", "sent_at": "2026-11-24"}', f"field `sent_at`: `2026-11-24`: {TIME}", "2026-11-24"),
        (
            '{"number": "1", "colour": "Blue"}',
            "field `colour`: `Blue`: one of red, blue is expected; did you mean blue?",
            "Blue",
        ),
        ('{"number": "1", "grams": 10}', "field `grams`: `10`: a whole number from 1 to 9 is expected", "10"),
        (
            '{"number": "1", "fragile": "no"}',
            "field `fragile`: `no`: true or false is expected; did you mean false?",
            "no",
        ),
        (
            '{"number": "1", "fragile": "是"}',
            "field `fragile`: `是`: true or false is expected; did you mean true?",
            "是",
        ),
        ('{"number": "1", "note": ""}', "field `note`: ``: a text of 1 to 3 characters is expected", ""),
        ('{"number": "1", "depot": "x"}', "field `depot`: `x`: an id (UUID) is expected", "x"),
        ('{"number": "1", "weight": null}', "field `weight`: `null`: a number is expected", "null"),
        ('{"number": "1", "stops": ["a", 1]}', "field `stops`: a list is expected", None),
        (
            '{"number": "1", "fragile": "这是一条很长的短信内容请勿外传"}',
            "field `fragile`: true or false is expected",
            None,
        ),
        ('{"number": "a\ufffd"}', f"field `number`: character 14 {LOST}", "a\ufffd"),
        ('{"number": "1", "stops": ["a\ufffd"]}', f"field `stops`: character 29 {LOST}", "a\ufffd"),
        ('{"number": "这是一条很长的短信内容\ufffd"}', f"field `number`: character 24 {LOST}", None),
        ('{"number": "a\\u0000"}', "field `number`: a text contains a NUL character", "a<U+0000>"),
        ('{"15987654321": "\ufffd"}', f"field `〈号码〉`: character 18 {LOST}", "\ufffd"),
        ('{"number": "\ufffd"', f"character 13 {LOST}", None),
        ('{"number": "1"', f"{NO_OBJECT}: it ends before its last brace or quote", None),
        ('{"number": "1"} {}', f"{NO_OBJECT}: text follows after its last brace", None),
        ('{"信": x}', f"{NO_OBJECT}: character 7, in the value of `信`, is not expected there", None),
        (
            '{"number": 1, "note": x}',
            f"{NO_OBJECT}: character 23, in the value of `note`, is not expected there",
            None,
        ),
    ],
)  # fmt: skip
def test_the_error_of_a_json_line_names_the_field_the_value_and_what_is_expected(
    raw: str, detail: str, value: str | None
) -> None:
    error = errors_of(Ndjson(Parcel).reader(()), raw.encode())
    assert (error.detail, error.value) == (detail, value)


def test_all_wrong_fields_of_a_json_line_are_named_in_the_order_of_the_struct_behind_those_that_are_unknown() -> None:
    error = errors_of(Ndjson(Parcel).reader(()), b'{"grams": 10, "colour": "Blue", "x": 1, "fragile": 1}')
    assert (error.column, error.value) == ("x", None)
    assert error.detail.split("; field ") == [
        "field `x`: this field is unknown",
        "`number`: a value is required",
        "`colour`: `Blue`: one of red, blue is expected; did you mean blue?",
        "`grams`: `10`: a whole number from 1 to 9 is expected",
        "`fragile`: `1`: true or false is expected; did you mean true?",
    ]


def test_all_wrong_columns_of_a_csv_line_are_named() -> None:
    error = errors_of(CSV.reader((*COLUMNS, "since")), b"a,,many,2026-13-01")
    assert (error.column, error.value) == ("name", None)
    assert error.detail == (
        "column `name`: a value is required; column `houses`: `many`: a whole number is expected;"
        " column `since`: `2026-13-01`: a day, such as 2026-05-06, is expected"
    )


# Words of msgspec, csv and Python in their messages.
FOREIGN_WORDS = re.compile(r"`\$|Expected|got `|Object |Input data|malformed|codec|byte string|Error|NoneType|Type\(")


@given(
    st.dictionaries(
        st.sampled_from([each.name for each in msgspec.structs.fields(Parcel)] + ["x"]),
        st.recursive(
            st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
            lambda each: st.lists(each, max_size=2) | st.dictionaries(st.text(max_size=2), each, max_size=2),
            max_leaves=3,
        ),
    ),
    st.integers(0, 40),
)
def test_no_text_of_a_parser_reaches_a_user(record: dict[str, Any], missing: int) -> None:
    raw = json.dumps(record).encode()
    for each in (raw, raw[: max(0, len(raw) - missing)]):
        _, errors = read_all(Ndjson(Parcel).reader(()), [Cut(1, each)])
        text = "".join(error.detail.replace(error.value or "\0", "") for error in errors)
        assert not FOREIGN_WORDS.search(text), text


def test_a_line_that_begins_a_span_states_its_last_line() -> None:
    error = errors_of(CSV.reader(COLUMNS), b'a,"b', span=(5, 9))
    assert (error.code, error.column, error.last_line) == ("unclosed-quote", "name", 9)
    assert error.detail.startswith("lines 5 to 9: a quote opens in line 5 and closes in line 9,")
    later = errors_of(CSV.reader(COLUMNS), b'b",1', span=(4, 5))
    assert (later.code, later.last_line) == ("stray-quote", None)
    assert later.detail.endswith("; the line is one of lines 4 to 5, within an open quote")


def test_a_line_within_a_span_that_is_a_record_is_kept() -> None:
    lines, errors = read_all(CSV.reader(COLUMNS), [Cut(5, b"a,b,1", span=(4, 9))])
    assert ([line.number for line in lines], errors) == ([5], [])


def test_a_line_about_the_same_as_an_earlier_one_is_an_error_that_names_it() -> None:
    error = errors_of(CSV.reader(COLUMNS), b"a,b,1", repeats=Repeat(3, "code", "a"))
    assert (error.code, error.column, error.value) == ("repeated", "code", "a")
    assert error.detail == "column `code`: `a` is already in line 3 of this file; only the first line of a file counts"


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        (b"code,name,HOUSES", "unknown column `HOUSES`; did you mean houses?"),
        (b"Code,nme", "unknown column `Code`; did you mean code?; unknown column `nme`; did you mean name?"),
        (b"code;name;houses", "the values seem to be separated by semicolons, not by commas"),
        (b"s1,13900001234", "does the file begin with a record, without a header?"),
        (b"code,name,", "a column has no name; is there a comma too many?"),
    ],
)
def test_the_refusal_of_a_header_names_the_likely_cause(header: bytes, cause: str) -> None:
    with pytest.raises(WrongHeader, match=re.escape(cause)) as caught:
        CSV.columns(header)
    assert "13900001234" not in str(caught.value.body())
