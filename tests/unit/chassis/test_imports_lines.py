from __future__ import annotations

import csv
import io
import time

from hypothesis import given
from hypothesis import strategies as st

from chassis.field_errors import FieldError
from chassis.imports.lines import DETAIL_LENGTH, MAX_LINE, Cut, Cutter, LineCutter, LineError, QuotedCutter


def cuts(*lines: tuple[int, bytes]) -> list[Cut]:
    return [Cut(number, raw) for number, raw in lines]


def spans(content: bytes) -> list[tuple[int, int] | None]:
    """The span of each line of a CSV file."""
    return [each.span for each in cut(QuotedCutter(), content)]


def cut(cutter: Cutter, content: bytes, size: int = 1 << 20) -> list[Cut]:
    """The records of a file that is received in pieces of `size` bytes."""
    found: list[Cut] = []
    for start in range(0, len(content), size):
        found += cutter.feed(content[start : start + size])
    return found + cutter.end()


def test_lines_are_numbered_from_one_and_the_last_may_lack_its_line_break() -> None:
    assert cut(LineCutter(), b"a\nb\r\nc") == cuts((1, b"a"), (2, b"b"), (3, b"c"))
    assert cut(LineCutter(), b"a\r") == cuts((1, b"a"))


def test_blank_lines_are_not_records_but_are_counted() -> None:
    assert cut(LineCutter(), b"\n\na\n \t\r\nb\n\n") == cuts((3, b"a"), (5, b"b"))
    assert cut(QuotedCutter(), b"\n\na\n \t\r\nb\n\n") == cuts((3, b"a"), (5, b"b"))


@given(st.binary(max_size=60).map(lambda b: b.replace(b"\x01", b"\r\n").replace(b"\x02", b'"')), st.integers(1, 7))
def test_the_boundaries_of_received_pieces_change_nothing(content: bytes, size: int) -> None:
    assert cut(LineCutter(), content, size) == cut(LineCutter(), content)
    assert cut(QuotedCutter(), content, size) == cut(QuotedCutter(), content)


def test_a_line_that_is_too_long_is_cut_one_byte_after_the_limit() -> None:
    content = b"a\n" + b"x" * (10 * MAX_LINE) + b"\nb\n" + b"y" * (MAX_LINE + 2)
    for cutter in (LineCutter(), QuotedCutter()):
        first, long, second, last = cut(cutter, content, size=1000)
        assert [first, second] == cuts((1, b"a"), (3, b"b"))
        assert (long.number, len(long.raw)) == (2, MAX_LINE + 1)
        assert (last.number, len(last.raw)) == (4, MAX_LINE + 1)


def test_a_line_of_the_maximum_length_is_kept_whole() -> None:
    line = b"x" * MAX_LINE
    for cutter in (LineCutter(), QuotedCutter()):
        assert cut(cutter, line + b"\r\n" + line, size=1000) == cuts((1, line), (2, line))


def test_a_line_is_a_record_also_within_quotes() -> None:
    content = b'a,"x\ny\r\nz"\nb,"said ""no\nyes"""\nc,d'
    assert cut(QuotedCutter(), content) == [
        Cut(1, b'a,"x', span=(1, 3)),
        Cut(2, b"y", span=(1, 3)),
        Cut(3, b'z"', span=(1, 3)),
        Cut(4, b'b,"said ""no', span=(4, 5)),
        Cut(5, b'yes"""', span=(4, 5)),
        Cut(6, b"c,d"),
    ]


def test_a_span_ends_where_its_last_quote_closes() -> None:
    assert spans(b'a,"b\nc","d\ne",f\ng') == [(1, 3), (1, 3), (1, 3), None]
    assert spans(b'a, "b\nc" ,d\ne') == [(1, 2), (1, 2), None]
    assert spans(b'a,"b\n",d\n"e",f') == [(1, 2), (1, 2), None]
    assert spans(b'a,"b\nc",d"e\nf') == [(1, 2), (1, 2), None]


def test_a_line_whose_quote_rather_opens_a_value_begins_a_span_of_its_own() -> None:
    assert spans(b'"a\n"b\nc"\nd') == [(1, 2), (2, 3), (2, 3), None]


def test_a_quote_that_does_not_begin_a_value_opens_nothing() -> None:
    assert spans(b'5" disc,1\n12" disc,2\na"b,"c\nd') == [None] * 4


@given(
    st.lists(
        st.lists(st.text(alphabet='ab,"\n 信', max_size=6), min_size=2, max_size=4).filter(
            lambda values: any(value.strip() for value in values)
        ),
        max_size=8,
    ),
    st.integers(1, 9),
)
def test_a_record_that_spans_lines_has_the_span_that_a_csv_reader_reads(rows: list[list[str]], size: int) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    reader = csv.reader(io.StringIO(written.getvalue(), newline=""), strict=True)
    expected: dict[int, tuple[int, int] | None] = {}
    first = 1
    for _ in reader:
        last = reader.line_num
        expected |= dict.fromkeys(range(first, last + 1), (first, last) if last > first else None)
        first = last + 1
    found = {each.number: each.span for each in cut(QuotedCutter(), written.getvalue().encode(), size)}
    assert found == {number: span for number, span in expected.items() if number in found}


@given(st.lists(st.text(alphabet='ab," ', max_size=6), max_size=30), st.integers(1, 9))
def test_quotes_never_change_which_lines_are_records(lines: list[str], size: int) -> None:
    content = "\n".join(lines).encode()
    found = [each._replace(span=None) for each in cut(QuotedCutter(), content, size)]
    assert found == cut(LineCutter(), content)


def test_lines_after_an_unclosed_quote_are_not_held_beyond_the_maximum_length_of_a_line() -> None:
    cutter = QuotedCutter()
    rest = b"".join(b"%d,good\n" % number for number in range(20_000))
    found = cutter.feed(b'0,"bad\n' + rest)
    assert len(found) + 10_000 > 20_001
    assert found[0] == Cut(1, b'0,"bad')
    found += cutter.end()
    assert (len(found), found[-1]) == (20_001, Cut(20_001, b"19999,good"))


def test_many_unclosed_quotes_take_linear_time() -> None:
    started = time.process_time()
    for line in (b'x","\n', b'"\n', b'"a\n', b'x,"y""\n'):
        assert len(cut(QuotedCutter(), line * 50_000)) == 50_000
    assert time.process_time() - started < 20


def test_lines_that_are_too_long_open_no_quote() -> None:
    content = (b'"' + b"x" * (MAX_LINE + 5) + b"\n") * 5
    assert spans(content) == [None] * 5


def test_the_error_of_a_line_names_all_fields_and_the_first_one_as_its_column() -> None:
    fields = [
        FieldError("carrier", "`cmcc` is unknown here", value="cmcc"),
        FieldError("number", "a value is required"),
    ]
    error = LineError.of(7, fields)
    assert (error.line, error.code, error.column, error.value) == (7, "invalid", "carrier", "cmcc")
    assert error.detail == "column `carrier`: `cmcc` is unknown here; column `number`: a value is required"
    assert len(LineError.of(7, [FieldError("a", "x" * 2_000)]).detail) == DETAIL_LENGTH
