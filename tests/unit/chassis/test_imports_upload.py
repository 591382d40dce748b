from __future__ import annotations

import gzip
import hashlib
import os
import tracemalloc
import zlib
from functools import partial

import msgspec
import pytest

from chassis import privacy
from chassis.http.problems import PayloadTooLarge, Problem
from chassis.ids import new_id
from chassis.imports import Csv, Ndjson
from chassis.imports.lines import Cut
from chassis.imports.refusals import CompressedTooStrongly, UnreadableFile, WrongHeader
from chassis.imports.upload import CHUNK_LINES, Reception, pack, unpack
from chassis.privacy import KeyRing, UndecipherableError


class Letter(msgspec.Struct):
    number: str


# The same bytes in every process: pytest names tests after them.
compress = partial(gzip.compress, mtime=0)

NDJSON = Ndjson(Letter)
CSV = Csv(Letter)


def reception(form: Ndjson[Letter] | Csv[Letter] = NDJSON, *, gzipped: bool = False, most: int = 2**30) -> Reception:
    return Reception(new_id(), form, gzipped=gzipped, sealed=False, max_bytes=most)


def received(content: bytes, at: int = 1 << 16, **how: object) -> Reception:
    """A file that has arrived in pieces of `at` bytes."""
    made = reception(**how)  # type: ignore[arg-type]
    with made:
        for start in range(0, len(content), at):
            made.feed(content[start : start + at])
        made.end()
    return made


def test_a_file_is_the_same_however_it_was_sent() -> None:
    content = b'{"number": "1"}\n' * 12_345
    expected = (len(content), 12_345, hashlib.sha256(content).digest())
    packed = gzip.compress(content)
    two_members = gzip.compress(content[:50_000]) + gzip.compress(content[50_000:]) + b"\0" * 512
    for sent, gzipped in ((content, False), (packed, True), (two_members, True)):
        for at in (3, 1 << 20):
            made = received(sent, at if len(sent) < 5_000 else max(at, 1000), gzipped=gzipped)
            assert (made.bytes, made.lines, made.digest()) == expected


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert received(b"\xef\xbb\xbfnumber\r\n1\r\n", form=CSV, at=1).columns == ("number",)


def test_a_csv_file_with_a_header_alone_has_no_lines() -> None:
    assert received(b"number\n", form=CSV).lines == 0


@pytest.mark.parametrize(
    ("content", "gzipped", "refusal"),
    [
        (b"", False, UnreadableFile),
        (b"", True, UnreadableFile),
        (compress(b""), True, UnreadableFile),
        (b"plain", True, UnreadableFile),
        (compress(b"x" * 10_000)[:-1], True, UnreadableFile),
        (compress(b"x" * 10_000)[:30], True, UnreadableFile),
        (compress(b"x") + b"behind", True, UnreadableFile),
        (compress(b"x")[:-8] + b"\0" * 8, True, UnreadableFile),
        (zlib.compress(b"x"), True, UnreadableFile),
        (compress(b"x"), False, UnreadableFile),
        ('{"number": "1"}'.encode("utf-16"), False, UnreadableFile),
        (b"PK\x03\x04...", False, UnreadableFile),
        (compress(b"0" * 200_000_000), True, CompressedTooStrongly),
        (compress(compress(b"0" * 30_000_000)), True, UnreadableFile),
    ],
)
def test_what_is_no_text_file_is_refused(content: bytes, gzipped: bool, refusal: type[Problem]) -> None:
    for at in (1, 1 << 20):
        with pytest.raises(refusal):
            received(content, at if len(content) < 1000 else 1 << 20, gzipped=gzipped)


def test_a_csv_file_with_a_wrong_header_is_refused_before_the_rest_is_read() -> None:
    with reception(CSV) as made, pytest.raises(WrongHeader):
        made.feed(b"colour\nred\n")


def test_a_file_may_not_unpack_to_more_than_is_allowed() -> None:
    content = b"\n".join(b"%d" % number for number in range(100_000))
    with pytest.raises(PayloadTooLarge):
        received(content, most=len(content) - 1)
    with pytest.raises(PayloadTooLarge):
        received(gzip.compress(content), gzipped=True, most=len(content) - 1)
    assert received(content, most=len(content)).lines == 100_000


def test_memory_stays_the_same_however_long_the_file_is() -> None:
    piece = b"".join(os.urandom(250).hex().encode() + b"\n" for _ in range(2_000))
    peaks = []
    for times in (10, 50):
        tracemalloc.start()
        with reception() as made:
            for _ in range(times):
                made.feed(piece)
            made.end()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert made.lines == 2_000 * times
    assert peaks[1] < peaks[0] * 1.2


def test_chunks_of_long_lines_end_before_they_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, int]] = []

    def noting(cuts: list[Cut], *_: object, **__: object) -> bytes:
        sizes.append((len(cuts), sum(len(cut.raw) for cut in cuts)))
        return b""

    monkeypatch.setattr("chassis.imports.upload.pack", noting)
    received(b"\n".join([b"x" * 60_000] * 200))
    assert sum(lines for lines, _ in sizes) == 200
    assert max(size for _, size in sizes) < 5 * 1024 * 1024
    sizes.clear()
    received(b"x\n" * (2 * CHUNK_LINES + 1))
    assert [lines for lines, _ in sizes] == [CHUNK_LINES, CHUNK_LINES, 1]


def test_a_sealed_chunk_opens_only_as_the_one_it_is() -> None:
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
