from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
import tracemalloc
import zlib
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import privacy
from chassis.http.problems import PayloadTooLarge, Problem
from chassis.ids import new_id
from chassis.imports import Csv, Line, LineError, Ndjson, Unique
from chassis.imports.formats import Format, read_all
from chassis.imports.lines import Cut, Repeat
from chassis.imports.refusals import CompressedTooStrongly, NoRoomForFile, UnreadableFile, WrongHeader
from chassis.imports.upload import CHUNK_LINES, Reception, pack, unpack
from chassis.privacy import KeyRing, UndecipherableError


class Letter(msgspec.Struct):
    number: str


NDJSON = Ndjson(Letter)
CSV = Csv(Letter)


def reception(
    form: Ndjson[Letter] | Csv[Letter] = NDJSON, *, gzipped: bool = False, max_bytes: int = 2**30, **options: Any
) -> Reception[Letter]:
    return Reception(new_id(), form, gzipped=gzipped, sealed=False, max_bytes=max_bytes, **options)


def received(content: bytes, size: int = 1 << 16, **options: object) -> Reception[Letter]:
    """A file that was received in pieces of `size` bytes."""
    upload = reception(**options)  # type: ignore[arg-type]
    with upload:
        for start in range(0, len(content), size):
            upload.feed(content[start : start + size])
        upload.end()
    return upload


def test_size_lines_and_digest_do_not_depend_on_the_transfer() -> None:
    content = b'{"number": "1"}\n' * 12_345
    expected = (len(content), 12_345, hashlib.sha256(content).digest())
    packed = gzip.compress(content)
    two_members = gzip.compress(content[:50_000]) + gzip.compress(content[50_000:]) + b"\0" * 512
    for sent, gzipped in ((content, False), (packed, True), (two_members, True)):
        for size in (3, 1 << 20):
            upload = received(sent, size if len(sent) < 5_000 else max(size, 1000), gzipped=gzipped)
            assert (upload.bytes, upload.lines, upload.digest()) == expected


def test_a_byte_order_mark_is_not_part_of_the_first_line() -> None:
    assert received(b"\xef\xbb\xbfnumber\r\n1\r\n", form=CSV, size=1).columns == ("number",)


def test_a_csv_file_with_only_a_header_has_no_lines() -> None:
    assert received(b"number\n", form=CSV).lines == 0


@pytest.mark.parametrize(
    ("content", "gzipped", "refusal"),
    [
        (b"", False, UnreadableFile),
        (b"", True, UnreadableFile),
        (gzip.compress(b""), True, UnreadableFile),
        (b"plain", True, UnreadableFile),
        (gzip.compress(b"x" * 10_000)[:-1], True, UnreadableFile),
        (gzip.compress(b"x" * 10_000)[:30], True, UnreadableFile),
        (gzip.compress(b"x") + b"behind", True, UnreadableFile),
        (gzip.compress(b"x")[:-8] + b"\0" * 8, True, UnreadableFile),
        (zlib.compress(b"x"), True, UnreadableFile),
        (gzip.compress(b"x"), False, UnreadableFile),
        ('{"number": "1"}'.encode("utf-32"), False, UnreadableFile),
        (b"PK\x03\x04...", False, UnreadableFile),
        (gzip.compress(b"0" * 200_000_000), True, CompressedTooStrongly),
        (gzip.compress(gzip.compress(b"0" * 30_000_000)), True, UnreadableFile),
    ],
    ids=[
        "an empty file",
        "an empty file declared as gzip",
        "gzip of an empty file",
        "plain text declared as gzip",
        "gzip without its last byte",
        "gzip without its end",
        "gzip followed by other data",
        "gzip with a wrong checksum",
        "zlib declared as gzip",
        "undeclared gzip",
        "UTF-32",
        "a ZIP archive",
        "a gzip bomb",
        "gzip of gzip",
    ],
)
def test_a_file_that_is_not_text_is_refused(content: bytes, gzipped: bool, refusal: type[Problem]) -> None:
    for size in (1, 1 << 20):
        with pytest.raises(refusal):
            received(content, size if len(content) < 1000 else 1 << 20, gzipped=gzipped)


def test_a_csv_file_with_a_wrong_header_is_refused_before_the_rest_is_read() -> None:
    with reception(CSV) as upload, pytest.raises(WrongHeader):
        upload.feed(b"colour\nred\n")


def test_a_file_whose_content_is_larger_than_the_limit_is_refused() -> None:
    content = b"\n".join(b"%d" % number for number in range(100_000))
    with pytest.raises(PayloadTooLarge):
        received(content, max_bytes=len(content) - 1)
    with pytest.raises(PayloadTooLarge):
        received(gzip.compress(content), gzipped=True, max_bytes=len(content) - 1)
    assert received(content, max_bytes=len(content)).lines == 100_000


def test_a_compressed_file_may_not_be_larger_than_the_limit_either() -> None:
    """However little it contains."""
    padded = gzip.compress(b'{"number": "1"}\n') + b"\0" * 10_000
    assert received(padded, gzipped=True, max_bytes=20_000).lines == 1
    with pytest.raises(PayloadTooLarge):
        received(padded, gzipped=True, max_bytes=9_000)


def test_a_gzip_file_has_a_limited_number_of_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.imports.upload.MAX_MEMBERS", 500)
    line, nothing = gzip.compress(b'{"number": "1"}\n'), gzip.compress(b"")
    assert received(line * 500, gzipped=True).lines == 500
    assert received(line + nothing * 499, gzipped=True).lines == 1
    for size in (7, 1 << 20):
        for content in (line * 501, nothing * 501, line * 500 + b"\0" * 512 + nothing):
            with pytest.raises(PayloadTooLarge, match="members"):
                received(content, size, gzipped=True)


def test_memory_does_not_grow_with_the_length_of_the_file() -> None:
    piece = b"".join(os.urandom(250).hex().encode() + b"\n" for _ in range(2_000))
    peaks = []
    for times in (10, 50):
        tracemalloc.start()
        with reception() as upload:
            for _ in range(times):
                upload.feed(piece)
            upload.end()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert upload.lines == 2_000 * times
    assert peaks[1] < peaks[0] * 1.2


def test_chunks_are_limited_in_bytes_and_in_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, int]] = []

    def record_size(cuts: list[Cut], *_: object, **__: object) -> bytes:
        sizes.append((len(cuts), sum(len(cut.raw) for cut in cuts)))
        return b""

    monkeypatch.setattr("chassis.imports.upload.pack", record_size)
    received(b"\n".join([b"x" * 60_000] * 200))
    assert sum(lines for lines, _ in sizes) == 200
    assert max(size for _, size in sizes) < 5 * 1024 * 1024
    sizes.clear()
    received(b"x\n" * (2 * CHUNK_LINES + 1))
    assert [lines for lines, _ in sizes] == [CHUNK_LINES, CHUNK_LINES, 1]


def outcomes(content: bytes, form: Format[Any], size: int = 1 << 16, **options: Any) -> Outcomes:
    """What becomes of every line of a file that is received in pieces of `size` bytes."""
    chunks: list[bytes] = []

    def keep(cuts: list[Cut], import_id: UUID, sequence: int, *, sealed: bool) -> bytes:
        chunks.append(pack(cuts, import_id, sequence, sealed=sealed))
        return chunks[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chassis.imports.upload.pack", keep)
        upload = received(content, size, form=form, **options)
    read = form.reader(upload.columns or ())
    lines: list[Line[Any]] = []
    errors: list[LineError] = []
    for sequence, chunk in enumerate(chunks):
        good, bad = read_all(read, unpack(chunk, upload.import_id, sequence, sealed=False))
        lines += good
        errors += bad
    assert upload.lines == len(lines) + len(errors)
    return Outcomes(lines, errors)


class Outcomes(NamedTuple):
    """The lines of a file that can be read, and the errors of the others."""

    lines: list[Line[Any]]
    errors: list[LineError]

    @property
    def numbers(self) -> list[int]:
        return sorted([line.number for line in self.lines] + [error.line for error in self.errors])


class Port(msgspec.Struct):
    number: str
    name: str
    carrier: str


PORTS = Csv(Port)
HEADER = b"number,name,carrier\n"
DAMAGES = ['"', '""', '"\n"', "\n", ",", ' "', "\r", '",', ',"', "\ufffd", "", "信"]


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """A register file in which some texts were inserted, and some bytes removed."""
    written = io.StringIO()
    names = st.text(alphabet='ab信," \n', max_size=5)
    rows = draw(st.lists(st.tuples(st.just("1069"), names, st.just("CMCC")), max_size=12))
    csv.writer(written).writerows(rows)
    text = written.getvalue()
    for damage, place in draw(st.lists(st.tuples(st.sampled_from(DAMAGES), st.integers(0, 400)), max_size=6)):
        at = place % (len(text) + 1)
        text = text[:at] + damage + text[at + draw(st.integers(0, 2)) :]
    return text.encode()


@given(damaged_files(), st.integers(1, 50))
def test_every_line_of_a_damaged_csv_file_has_exactly_one_outcome(content: bytes, size: int) -> None:
    found = outcomes(HEADER + content, PORTS, size)
    lines = content.split(b"\n")
    assert found.numbers == [number for number, line in enumerate(lines, 2) if line and not line.isspace()]


@given(damaged_files())
def test_the_outcome_of_a_csv_line_does_not_depend_on_other_lines(content: bytes) -> None:
    found = outcomes(HEADER + content, PORTS)
    for line in found.lines:
        alone = outcomes(HEADER + line.raw, PORTS)
        assert [each.record for each in alone.lines] == [line.record]
    for error in found.errors:
        alone = outcomes(HEADER + content.split(b"\n")[error.line - 2], PORTS)
        assert [each.code for each in alone.errors] == [error.code]


@given(
    st.lists(st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"")) | st.just(b'{"number": "1"}'), min_size=1)
)
def test_every_line_of_a_damaged_json_file_has_exactly_one_outcome_or_the_file_is_refused(lines: list[bytes]) -> None:
    lines = [b'{"number": "0"}', *lines]
    content = b"\n".join(lines)
    try:
        found = outcomes(content, NDJSON)
    except UnreadableFile:
        return
    assert found.numbers == [number for number, line in enumerate(lines, 1) if line and not line.isspace()]
    assert content.decode()


def test_an_unclosed_quote_loses_no_row() -> None:
    rows = [b"1069%d,a,CMCC" % number for number in range(600)]
    rows[100] = b'1069100,"a,CMCC'
    rows[499] = b'1069499,"b",CMCC'
    found = outcomes(HEADER + b"\n".join(rows), PORTS)
    [error] = found.errors
    assert (error.line, error.last_line, error.code, len(found.lines)) == (102, 501, "unclosed-quote", 599)
    assert error.detail.startswith("lines 102 to 501: ")


def test_a_line_about_the_same_as_an_earlier_one_is_an_error_in_any_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.imports.upload.CHUNK_LINES", 3)
    numbers = [1, 2, 1, 3, 4, 5, 2, 6, 1]
    content = HEADER + b"".join(b"%d,a,CMCC\n" % number for number in numbers)
    found = outcomes(content, PORTS, unique=Unique("number", lambda port: port.number))
    assert [(error.line, error.code, error.value) for error in found.errors] == [
        (4, "repeated", "1"),
        (8, "repeated", "2"),
        (10, "repeated", "1"),
    ]
    assert found.errors[1].detail.startswith("column `number`: `2` is already in line 3 of this file;")


def test_lines_that_cannot_be_read_or_have_no_key_repeat_nothing() -> None:
    content = HEADER + b'1,"a,CMCC\n1,a,CMCC\n2,,CMCC\n2,a,CMCC\n2,a,NONE\n2,a,NONE'
    unique: Unique[Port] = Unique("number", lambda port: None if port.carrier == "NONE" else port.number)
    found = outcomes(content, PORTS, unique=unique)
    assert [(error.line, error.code) for error in found.errors] == [(2, "unclosed-quote"), (4, "invalid")]


def test_a_chunk_contains_every_line_as_it_was_cut() -> None:
    import_id = new_id()
    cuts = [Cut(1, b"a"), Cut(2, b"b", span=(2, 3)), Cut(3, b"c", (2, 3), Repeat(1, "number", "信")), Cut(9, b"")]
    assert unpack(pack(cuts, import_id, 0, sealed=False), import_id, 0, sealed=False) == cuts


def test_a_sealed_chunk_can_be_opened_only_at_its_own_position() -> None:
    privacy.configure(KeyRing({"k1": b"k" * 32}, "k1", b"f" * 32))
    import_id = new_id()
    cuts = [Cut(1, b"13800138000"), Cut(9, "信".encode())]
    try:
        sealed = pack(cuts, import_id, 4, sealed=True)
        assert b"13800138000" not in sealed
        assert unpack(sealed, import_id, 4, sealed=True) == cuts
        for other in ((import_id, 5), (new_id(), 4)):
            with pytest.raises(UndecipherableError):
                unpack(sealed, *other, sealed=True)
    finally:
        privacy.configure(None)


@pytest.mark.parametrize("lines", [1, CHUNK_LINES + 1])
def test_a_file_that_the_disk_has_no_room_for_is_refused(lines: int) -> None:
    with reception() as upload:
        upload._spool.close()
        upload._spool = Path("/dev/full").open("wb", buffering=0)  # type: ignore[assignment]  # noqa: SIM115
        with pytest.raises(NoRoomForFile):
            upload.end(b'{"number": "1"}\n' * lines)


def test_a_file_whose_keys_the_disk_has_no_room_for_is_refused() -> None:
    with reception(unique=Unique("number", lambda letter: letter.number)) as upload:
        assert upload._seen is not None
        upload._seen._file.execute("PRAGMA max_page_count = 2")
        with pytest.raises(NoRoomForFile):
            upload.end(b"".join(b'{"number": "%d"}\n' % number for number in range(CHUNK_LINES)))
