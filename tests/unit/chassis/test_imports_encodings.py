from __future__ import annotations

import codecs
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.imports.encodings import CHARSETS, Transcoder
from chassis.imports.refusals import UnreadableFile

TEXT = "number,name\n10690123,乌有商城贸易有限公司\n10690124,样例服务中心\n"


def read(content: bytes, charset: str | None = None, size: int = 1 << 16) -> str:
    """A file that is received in pieces of `size` bytes."""
    transcoder = Transcoder(charset)
    pieces = [transcoder.feed(content[start : start + size]) for start in range(0, len(content), size)]
    return b"".join([*pieces, transcoder.end()]).decode()


def refusal(content: bytes, charset: str | None = None) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        read(content, charset)
    for size in (1, 7):
        with pytest.raises(UnreadableFile):
            read(content, charset, size)
    return caught.value


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        (None, "utf-8"),
        (None, "utf-8-sig"),
        (None, "utf-16"),
        ("utf-8", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("us-ascii", "utf-8"),
        ("gb18030", "gb18030"),
        ("gbk", "gbk"),
        ("gb2312", "gb2312"),
        ("utf-16", "utf-16"),
        ("utf-16le", "utf-16"),
        ("utf-16le", "utf-16-le"),
        ("utf-16be", "utf-16-be"),
    ],
)
def test_a_file_is_read_in_the_encoding_that_it_declares(charset: str | None, encoding: str) -> None:
    content = TEXT.encode(encoding)
    for size in (1, 3, 1 << 16):
        assert read(content, charset, size) == TEXT


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "gb18030"])
def test_a_byte_order_mark_decides_without_a_charset(encoding: str) -> None:
    content = ("\ufeff" + TEXT).encode(encoding)
    assert read(content) == read(content, size=1) == TEXT


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["gb18030", "utf-16le", "utf-16be", "utf-8"]),
    st.integers(1, 9),
)
def test_a_text_is_the_same_in_every_encoding(text: str, charset: str, size: int) -> None:
    # The beginning keeps a text in GB 18030 from being UTF-8 by chance.
    text = "x信息," + text
    assert read(text.encode(charset), charset, size) == text


@given(st.binary(max_size=40), st.sampled_from([None, *CHARSETS]), st.integers(1, 9))
def test_any_bytes_are_read_exactly_or_refused(content: bytes, charset: str | None, size: int) -> None:
    try:
        text = read(content, charset, size)
    except UnreadableFile:
        return
    marked = content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"\x84\x31\x95\x33"))
    if content and not marked:
        assert text.encode(CHARSETS[charset or "utf-8"]) == content


@pytest.mark.parametrize(
    ("content", "charset", "likely"),
    [
        (TEXT.encode("gbk"), None, "gb18030"),
        (TEXT.encode("gb18030"), "utf-8", "gb18030"),
        (TEXT.encode("utf-8"), "gbk", "utf-8"),
        (("name\n乌有商城\n" * 50).encode("utf-8"), "gb18030", "utf-8"),
        (TEXT.encode("utf-16-le"), None, "utf-16le"),
        (TEXT.encode("utf-16-be"), None, "utf-16be"),
        (TEXT.encode("utf-16-le"), "utf-16", "utf-16le"),
        (TEXT.encode("utf-16-be"), "utf-16le", "utf-16be"),
        (TEXT.encode("utf-8"), "utf-16le", "utf-8"),
        (TEXT.encode("utf-8-sig"), "gb18030", "utf-8"),
        (TEXT.encode("utf-16"), "gb18030", "utf-16le"),
        (TEXT.encode("utf-16"), "utf-8", "utf-16le"),
    ],
)
def test_a_file_in_another_encoding_is_refused_and_the_likely_one_is_named(
    content: bytes, charset: str | None, likely: str
) -> None:
    problem = refusal(content, charset)
    assert problem.members["likely"] == likely
    assert f"charset={likely}" in str(problem)


def test_the_refusal_names_the_first_line_that_does_not_match() -> None:
    problem = refusal(b"number,name\n1,a\n" + "2,乌有商城".encode("gbk") + b"\n3,b\n")
    assert problem.members == {"line": 3, "likely": "gb18030"}
    assert str(problem) == (
        "The file is not in UTF-8: line 3 has other bytes. They resemble GB18030 (GBK): send it as charset=gb18030,"
        " or save it in UTF-8."
    )


def test_a_file_that_was_joined_from_two_encodings_is_refused_as_such() -> None:
    problem = refusal("number,name\n1,乌有商城\n".encode() + "2,样例服务".encode("gbk"))
    assert problem.members == {"line": 3, "likely": "gb18030"}
    assert "joined from several files" in str(problem)


@pytest.mark.parametrize("order", ["after", "before", "within"])
@pytest.mark.parametrize("times", [1, 50])
def test_lines_in_utf8_in_a_file_that_is_declared_gbk_are_refused(order: str, times: int) -> None:
    # Both decode as GB 18030: the second one as 澶╁崡閫氫俊 and 娴峰寳鐧捐揣.
    gbk, utf8 = "1,乌有商城\n".encode("gbk") * 3, "2,天南通信,海北百货\n".encode() * times
    first = {"after": 5, "before": 2, "within": 5}[order]
    content = {"after": gbk + utf8, "before": utf8 + gbk, "within": gbk + utf8 + gbk}[order]
    problem = refusal(b"number,name\n" + content, "gbk")
    assert problem.members == {"line": first, "likely": "utf-8"}
    assert f"line {first} is UTF-8" in str(problem)


def test_a_line_in_utf8_at_the_end_of_a_file_needs_no_line_break() -> None:
    assert refusal("1,乌有商城\n".encode("gbk") + "2,天南通信".encode(), "gbk").members["line"] == 2


@given(
    st.lists(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=12), max_size=20)
)
def test_chinese_lines_in_gbk_are_not_taken_for_utf8(lines: list[str]) -> None:
    text = "\n".join(["乌有商城", *lines])
    assert read(text.encode("gbk"), "gbk") == text


def test_bytes_that_resemble_nothing_are_refused_without_a_likely_encoding() -> None:
    assert refusal(b"number,name\n1,\xff\xff\n").members == {"line": 2}


@pytest.mark.parametrize(("encoding", "charset"), [("utf-16", None), ("utf-8", None), ("gb18030", "gbk")])
def test_a_file_that_ends_within_a_character_is_refused(encoding: str, charset: str | None) -> None:
    refusal("name\n乌有商城".encode(encoding)[:-1], charset)


def test_a_file_in_utf8_that_was_cut_off_is_refused_as_such() -> None:
    found = refusal("街道,名称\n".encode() * 50 + "信".encode()[:2])
    assert found.detail == "The file ends within a character, in line 51: it was cut off. Send it again."
    assert found.members == {"line": 51}


@pytest.mark.parametrize("start", [b"%PDF-1", b"\x89PNG\r", b"\xff\xd8\xff\xe0", b"7z\xbc\xaf\x27", b"Rar!\x1a"])
def test_what_is_no_text_is_refused_as_what_it_is(start: bytes) -> None:
    assert str(refusal(start + b"\x00\xd2\xf8" * 50).detail).startswith("It is a")


def test_a_large_file_in_another_encoding_takes_constant_memory() -> None:
    piece = ("10690123,乌有商城贸易有限公司\n" * 5_000).encode("gbk")
    peaks = []
    for times in (2, 20):
        tracemalloc.start()
        transcoder = Transcoder("gbk")
        for _ in range(times):
            transcoder.feed(piece)
        transcoder.end()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2
