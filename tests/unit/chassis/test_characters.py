"""The table of characters that are not seen, or look like others."""

from __future__ import annotations

import sys
import unicodedata
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import characters
from chassis.characters import BRACKETS, DASHES, IGNORABLE, SPACES, contain_number, digits, lost_mark, plain, visible

UNSEEN = {
    "soft hyphen": "\u00ad",
    "zero-width space": "\u200b",
    "left-to-right mark": "\u200e",
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "Arabic letter mark": "\u061c",
    "invisible times": "\u2062",
    "byte order mark": "\ufeff",
    "variation selector": "\ufe0f",
    "supplementary variation selector": "\U000e0100",
    "tag": "\U000e0041",
    "Hangul filler": "\u3164",
    "half-width Hangul filler": "\uffa0",
    "Mongolian vowel separator": "\u180e",
    "Braille blank": "\u2800",
    "interlinear annotation": "\ufff9",
    "control character": "\x07",
    "enclosing keycap": "\u20e3",
    "combining overlay": "\u0336",
}


def test_the_property_that_python_lacks_has_as_many_code_points_as_unicode_states() -> None:
    assert sum(last - first + 1 for first, last in characters._DEFAULT_IGNORABLE) == 4174


def test_nothing_that_is_derived_lies_where_nothing_is_searched() -> None:
    searched = frozenset(chain(*characters._SEARCHED))
    beyond = (chr(code) for code in range(sys.maxunicode + 1) if code not in searched)
    derived = {"Cf", "Cc", "Me", "Nd", "No", "Pd", "Ps", "Pi", "Zs", "Zl", "Zp"}
    assert {each for each in beyond if unicodedata.category(each) in derived} <= IGNORABLE


@pytest.mark.parametrize("char", UNSEEN.values(), ids=UNSEEN.keys())
def test_what_is_not_seen_is_removed_wherever_it_stands(char: str) -> None:
    assert visible(f"{char}云{char}杉{char}") == plain(f"{char}云{char}杉{char}") == "云杉"


def test_letters_of_a_script_and_white_space_and_a_replacement_character_are_seen() -> None:
    for text in ("ئۇيغۇر تىلى", "བོད་ཡིག", "हिन्दी", "云\u3000杉\n", "\ufffd", "🔥"):
        assert visible(text) == text


@pytest.mark.parametrize(
    ("written", "looks"),
    [
        ("１０６９ＡｂＺ", "1069AbZ"),
        ("①⓪⑥❾", "1069"),
        ("⑴⑽⒍㊈", "11069"),
        ("١٠٦٩", "1069"),
        ("𝟏𝟎𝟔𝟗 𝐕𝐈𝐏", "1069 VIP"),
        ("1️⃣0️⃣6️⃣9️⃣", "1069"),
        ("🅥🅘🅟🇻", "VIPV"),
        ("ВІР", "BIP"),
        ("ｗｗｗ．ａ＠ｂ／ｃ", "www.a@b/c"),
        ("½ 亿", "½ 亿"),
        ("云杉，书店：“八折”！", "云杉，书店：“八折”！"),
    ],
)
def test_what_looks_like_ascii_becomes_ascii(written: str, looks: str) -> None:
    assert plain(written) == looks


@given(st.text())
def test_a_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert visible(plain(text)) == plain(text)


def test_brackets_are_pairs_and_quotation_marks_are_none() -> None:
    pairs = {opening + closing for opening, closing in BRACKETS.items()}
    assert {
        "【】",
        "〔〕",
        "［］",
        "[]",
        "「」",
        "｢｣",
        "〚〛",
        "⟦⟧",
        "︻︼",
        "﹁﹂",
        "（）",
        "<>",
        "《》",
        "«»",
    } <= pairs
    assert "“" not in BRACKETS
    assert len(set(BRACKETS.values())) == len(BRACKETS)
    assert not set(BRACKETS) & set(BRACKETS.values())


def test_spaces_and_dashes_are_what_unicode_calls_so() -> None:
    assert {" ", "\t", "\u00a0", "\u2003", "\u3000"} <= SPACES
    assert {"-", "–", "—", "－", "﹣", "−"} <= DASHES


@pytest.mark.parametrize(
    "text", ["1_3/9", "１３９", "١٣٩", "१३९", "一三九", "壹叁玖", "①③⑨", "1\ufe0f\u20e33\u200b9", "a1b3c9½", "1十3百9"]
)
def test_the_digits_of_a_text_are_those_of_every_script(text: str) -> None:
    assert digits(text) == "139"


def test_letters_that_are_taken_for_digits_count_where_this_is_asked_for() -> None:
    assert digits("l39O") == "39"
    assert digits("l39O", letters=True) == "1390"
    assert contain_number("l3_9O", "1390")
    assert not contain_number("l3_9O", "1391")


@given(st.text(st.characters(codec="ascii")))
def test_ascii_has_the_same_digits_alone_and_beside_other_characters(text: str) -> None:
    assert (digits(text), digits(text, letters=True)) == (digits(f"{text}字"), digits(f"{text}字", letters=True))


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("????", "?"),
        ("?", "?"),
        ("？？", "?"),
        ("【??】??? ???", "?"),
        ("锟斤拷", "锟斤拷"),
        ("云杉锟斤拷书店", "锟斤拷"),
        ("云\ufffd", "\ufffd"),
        ("ï¿½ï¿½", "ï¿½"),
        ("？", None),
        ("在吗？？？", None),
        ("Really??", None),
        ("【】", None),
        (" ", None),
        ("", None),
        ("斤", None),
    ],
)
def test_what_a_conversion_left_in_the_place_of_characters_is_recognised(text: str, mark: str | None) -> None:
    assert lost_mark(text) == mark
