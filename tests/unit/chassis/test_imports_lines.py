from __future__ import annotations

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.imports.lines import MAX_LINE, MAX_UNCLOSED, Cut, Cutter, LineCutter, QuotedCutter
from chassis.imports.refusals import UnreadableFile


def cut(cutter: Cutter, content: bytes, size: int = 1 << 20) -> list[Cut]:
    """The records of a file that is received in pieces of `size` bytes."""
    cuts: list[Cut] = []
    for start in range(0, len(content), size):
        cuts += cutter.feed(content[start : start + size])
    return cuts + cutter.end()


def test_lines_are_numbered_from_one_and_the_last_may_lack_its_line_break() -> None:
    assert cut(LineCutter(), b"a\nb\r\nc") == [(1, b"a"), (2, b"b"), (3, b"c")]
    assert cut(LineCutter(), b"a\r") == [(1, b"a")]


def test_blank_lines_are_not_records_but_are_counted() -> None:
    assert cut(LineCutter(), b"\n\na\n \t\r\nb\n\n") == [(3, b"a"), (5, b"b")]
    assert cut(QuotedCutter(), b"\n\na\n \t\r\nb\n\n") == [(3, b"a"), (5, b"b")]


@given(st.binary(max_size=60).map(lambda b: b.replace(b"\x01", b"\r\n").replace(b"\x02", b'"')), st.integers(1, 7))
def test_the_boundaries_of_received_pieces_change_nothing(content: bytes, size: int) -> None:
    assert cut(LineCutter(), content, size) == cut(LineCutter(), content)
    assert cut(QuotedCutter(), content, size) == cut(QuotedCutter(), content)


def test_a_line_that_is_too_long_is_cut_one_byte_after_the_limit() -> None:
    content = b"a\n" + b"x" * (10 * MAX_LINE) + b"\nb\n" + b"y" * (MAX_LINE + 2)
    for cutter in (LineCutter(), QuotedCutter()):
        first, long, second, last = cut(cutter, content, size=1000)
        assert (first, second) == ((1, b"a"), (3, b"b"))
        assert (long.number, len(long.raw)) == (2, MAX_LINE + 1)
        assert (last.number, len(last.raw)) == (4, MAX_LINE + 1)


def test_a_line_of_the_maximum_length_is_kept_whole() -> None:
    line = b"x" * MAX_LINE
    for cutter in (LineCutter(), QuotedCutter()):
        assert cut(cutter, line + b"\r\n" + line, size=1000) == [(1, line), (2, line)]


def test_a_line_break_within_quotes_belongs_to_the_record() -> None:
    content = b'a,"x\ny\r\nz"\nb,"said ""no\nyes"""\nc,d'
    assert cut(QuotedCutter(), content) == [(1, b'a,"x\ny\nz"'), (4, b'b,"said ""no\nyes"""'), (6, b"c,d")]


def test_a_quote_within_an_unquoted_value_is_an_ordinary_character() -> None:
    assert cut(QuotedCutter(), b'5" disc,1\n12" disc,2\n') == [(1, b'5" disc,1'), (2, b'12" disc,2')]


@given(
    st.lists(
        st.lists(st.text(alphabet='ab,"\n 信', max_size=6), min_size=1, max_size=4).filter(
            lambda values: any(value.strip() for value in values)
        ),
        max_size=8,
    ),
    st.integers(1, 9),
)
def test_the_output_of_a_csv_writer_is_split_into_its_records(rows: list[list[str]], size: int) -> None:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    cuts = cut(QuotedCutter(), written.getvalue().encode(), size)
    assert [next(csv.reader([each.raw.decode()], strict=True)) for each in cuts] == rows


def test_an_unclosed_quote_affects_its_own_line_only() -> None:
    rest = b"".join(b"%d,good\n" % number for number in range(20_000))
    cuts = cut(QuotedCutter(), b'0,"bad\n' + rest, size=50_000)
    assert cuts[0] == (1, b'0,"bad')
    assert len(cuts) == 20_001
    assert cuts[-1] == (20_001, b"19999,good")


def test_an_unclosed_quote_at_the_end_of_the_file_affects_its_own_line_only() -> None:
    assert cut(QuotedCutter(), b'a\n"b\nc\n"d\ne"\n"f\ng') == [
        (1, b"a"),
        (2, b'"b\nc\n"d'),
        (5, b'e"'),
        (6, b'"f'),
        (7, b"g"),
    ]


def test_a_file_with_many_unclosed_quotes_is_refused_early() -> None:
    # Every line ends inside quotes, even if it begins inside quotes.
    hostile = b'x","\n' * 1_000_000
    started = time.process_time()
    with pytest.raises(UnreadableFile, match=f"{MAX_UNCLOSED} quotes"):
        cut(QuotedCutter(), hostile)
    assert time.process_time() - started < 10


def test_lines_that_are_too_long_do_not_count_as_unclosed_quotes() -> None:
    content = (b'"' + b"x" * (MAX_LINE + 5) + b"\n") * (MAX_UNCLOSED + 5)
    assert len(cut(QuotedCutter(), content)) == MAX_UNCLOSED + 5
