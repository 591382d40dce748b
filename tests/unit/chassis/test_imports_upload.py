from __future__ import annotations

import gzip
import hashlib
import os
import tracemalloc
import zlib

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


NDJSON = Ndjson(Letter)
CSV = Csv(Letter)


def reception(
    form: Ndjson[Letter] | Csv[Letter] = NDJSON, *, gzipped: bool = False, max_bytes: int = 2**30
) -> Reception:
    return Reception(new_id(), form, gzipped=gzipped, sealed=False, max_bytes=max_bytes)


def received(content: bytes, size: int = 1 << 16, **options: object) -> Reception:
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
        ('{"number": "1"}'.encode("utf-16"), False, UnreadableFile),
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
        "UTF-16",
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
