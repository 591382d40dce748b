from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.characters import digits
from chassis.hints import LONGEST_SHOWN, json_fault, may_be_personal, meant, repeated_name, shown


@pytest.mark.parametrize(
    "value",
    [
        "cmcc",
        "2999-01-01",
        "2024/1/5",
        "20240105",
        "2026-11-24T09:00:00+08:00",
        "10690123456789",
        "+8610690123456789",
        "1.06907E+11",
        "106909999001.0",
        "'10690123456789",
        '="10690123456789"',
        "1O690999900l",
        "91350000M0CKHA1D3F",
        "乌有商城（北京）有限公司",
        "440100",
        "01a21bcc-c64e-7770-949f-34cf86faf80e",
        "10000-01-01T00:00:00Z",
        "2026-11-24 09:00:00.123456+08:00",
        "1069-0123 456 789",
        "2026-13-01",
        "0000-00-00",
        "2026-11-25T09:00+08",
        "2026-11-25T09:00:00+99:00",
        "2026-11-25T25:61:00+08:00",
        "20261125T090000Z",
        "2026-W48-1",
    ],
)
def test_a_value_that_is_no_persons_number_is_shown_as_it_is(value: str) -> None:
    assert shown(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "13900001234",
        "139 0000 1234",
        "１３９００００１２３４",
        "+86 139-0000-1234",
        "010-12345678",
        "l39OOOO1234",
        "1.390000123E+10",
        "'13900001234",
        "11010519491231002X",
        "110105194912310021",
        "张三13900001234",
        "x13900001234yzabcde",
        "13900001-2343-4444-8444-444444444444",
        "a3900001-1390-0001-2344-44444444444a",
        "1390-00-01",
        "1764000000",
    ],
)
def test_a_value_that_may_be_a_persons_number_is_redacted(value: str) -> None:
    assert may_be_personal(value)
    assert not may_be_personal(shown(value))
    assert "1234" not in shown(value)


SEPARATORS = [
    *"/,·–—−‑、:|*~+\\_. -()'\"=;#",
    "\u200b",
    "\ufe0f",
    "\u00a0",
    "\u2060",
    "\u3000",
    "",
    "电",
    "xy",
    "1\ufe0f\u20e3"[1:],
]
SCRIPTS = [
    "0123456789",
    "０１２３４５６７８９",
    "٠١٢٣٤٥٦٧٨٩",
    "०१२३४५६७८९",
    "零一二三四五六七八九",
    "〇壹贰叁肆伍陆柒捌玖",
]


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    "prefix", ["", "106", "+86 106", "10690", "1069044x", "2026-11-24T", "2026-11-24 ", "20261124", "+86"]
)
def test_a_persons_number_is_redacted_in_every_spelling(separator: str, script: str, prefix: str) -> None:
    parts = [part.translate(str.maketrans("0123456789", script)) for part in ("159", "8765", "4321")]
    for value in (prefix + separator.join(parts), prefix + separator.join("".join(parts))):
        found = shown(value)
        assert "8765" not in digits(found), found
        assert "4321" not in digits(found), found


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from("3456789"), st.integers(10**8, 10**9 - 1))
def test_no_mobile_number_is_shown_whatever_is_around_it(before: str, after: str, kind: str, digits: int) -> None:
    number = f"1{kind}{digits}"
    assert number not in shown(f"{before} {number} {after}") or "106" in before


@given(st.text(max_size=200))
def test_a_shown_value_is_short_and_printable(value: str) -> None:
    assert len(shown(value)) <= (LONGEST_SHOWN + 1) * len("<U+10FFFF>")
    assert shown(value).isprintable()


def test_a_character_that_cannot_be_printed_is_named() -> None:
    assert shown("乌有\u200b商城\n") == "乌有<U+200B>商城<U+000A>"


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("cmcc", "; did you mean CMCC?"),
        ("ＣＭＣＣ", "; did you mean CMCC?"),
        ("CMC", "; did you mean CMCC?"),
        ("中国移动", "; did you mean CMCC?"),
        ("fax", ""),
        ("", ""),
        ("x" * 10_000, ""),
    ],
)
def test_the_choice_that_was_probably_meant_is_named(value: str, hint: str) -> None:
    assert meant(value, ["CMCC", "CUCC"], {"中国移动": "CMCC"}) == hint


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'{"a": 1', "it ends before its last brace or quote"),
        (b'{"a": 1} {}', "text follows after its last brace"),
        ('{"信": x}'.encode(), "character 7, in the value of `信`, is not expected there"),
        (b'{"a": 1, "b": NaN}', "character 15, in the value of `b`, is not expected there"),
        (b'{"a": 1, "13900001234": NaN}', "character 25, in the value of `〈号码〉`, is not expected there"),
        (b'{"a": "\xff"}', "byte 8 is not UTF-8"),
        (b"[" * 50_000, "it is nested too deeply"),
    ],
)
def test_the_place_where_json_ends_to_be_json_is_named(content: bytes, fault: str) -> None:
    with pytest.raises((ValueError, RecursionError)) as caught:
        msgspec.json.decode(content)
    assert json_fault(caught.value, content) == fault


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'{"a": 1, "b": 2, "a": 3}', "a"),
        (b'{"a": 1, "\\u0061": 3}', "a"),
        (b'{"b": [{"a": 1, "a": 1}], "a": 1}', "a"),
        (b'{"13900001234": 1, "13900001234": 1}', "〈号码〉"),
        (b'{"a": {"b": 1}, "c": {"b": 1}, "d": "\\"a\\": 1"}', None),
        (b'{"a": ' + b"9" * 5_000 + b"}", None),
        (b"[]", None),
    ],
)
def test_a_name_that_occurs_twice_in_an_object_is_found(content: bytes, name: str | None) -> None:
    assert repeated_name(content) == name
