"""The upload of a file: decompressed, checked, cut into records and packed into chunks while it streams in.

Memory is constant for any length of file: finished chunks, compressed and encrypted, wait in a temporary file, and the
keys of its lines in another one. The transaction begins when the whole file has arrived, so that a slow sender holds no
connection and a broken file leaves no trace.
"""

from __future__ import annotations

import errno
import hashlib
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import lz4.block
import msgspec
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis import privacy
from chassis.database import Tx
from chassis.hints import shown
from chassis.http.problems import PayloadTooLarge
from chassis.imports.encodings import Transcoder
from chassis.imports.formats import Format, read_all
from chassis.imports.lines import Cut, Repeat
from chassis.imports.refusals import CompressedTooStrongly, NoRoomForFile, UnreadableFile
from chassis.imports.resource import CHUNKS
from chassis.imports.seen import Keyed, SeenKeys, Unique

R = TypeVar("R")

CHUNK_LINES = 5_000
"""Lines that are applied in one transaction."""

CHUNK_BYTES = 4 * 1024 * 1024
"""A chunk of long lines ends earlier, so that no worker holds much of a file in memory."""

PIECE_BYTES = 1024 * 1024
"""Bytes that are decompressed at a time."""

MAX_MEMBERS = 100_000
"""The maximum of members of a gzip file. Tools that compress in parallel write one for each 64 KiB or more."""

_SLICE_BYTES = 64 * 1024
"""What follows a member in its slice is copied when it ends: in large slices small members would be copied again and
again."""

MAX_RATIO = 100
_RATIO_GRACE = 1024 * 1024

_SPOOL_BYTES = 4 * 1024 * 1024


class Limits(BaseSettings):
    """Limits of files, from the environment as all settings."""

    model_config = SettingsConfigDict(env_prefix="ANNING_IMPORT_", extra="ignore")

    max_bytes: int = Field(default=1024**3, gt=0, description="maximum bytes of one file, uncompressed")


class _Chunk(NamedTuple):
    """The place of a chunk in the temporary file, and its lines."""

    first_line: int
    lines: int
    start: int
    length: int


_CONTENT = msgspec.msgpack.Decoder(list[Cut])


def pack(cuts: list[Cut], import_id: UUID, sequence: int, *, sealed: bool) -> bytes:
    """The stored content of a chunk: compressed, and encrypted for this chunk if `sealed`."""
    # Most lines are only a number and bytes; so written, processes of the last release read them too.
    written = [cut if cut.span or cut.repeats else cut[:2] for cut in cuts]
    content: bytes = lz4.block.compress(msgspec.msgpack.encode(written))
    return privacy.ring().encrypt(content, _belonging(import_id, sequence)) if sealed else content


def unpack(content: bytes, import_id: UUID, sequence: int, *, sealed: bool) -> list[Cut]:
    """The records of a chunk. Raises UndecipherableError or KeyRingError where the keys do not fit."""
    plain = privacy.ring().decrypt(content, _belonging(import_id, sequence)) if sealed else content
    return _CONTENT.decode(lz4.block.decompress(plain))


def _belonging(import_id: UUID, sequence: int) -> bytes:
    return f"import:{import_id}:{sequence}".encode()


@contextmanager
def _refused_without_room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise NoRoomForFile from error
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
        raise NoRoomForFile from error


class Gunzip:
    """Decompresses a gzip stream of one or several members; its methods raise the problems that refuse the file."""

    def __init__(self) -> None:
        self._member: Any = None
        self._members = 0
        self._packed = 0
        self._unpacked = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decompressed `data`, in pieces."""
        for start in range(0, len(data), _SLICE_BYTES):
            yield from self._unpack(data[start : start + _SLICE_BYTES])

    def end(self) -> None:
        """End of the stream."""
        if self._member is not None:
            raise UnreadableFile("The gzip stream is truncated.")

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        self._packed += len(data)
        # Input left over by a full piece is fed again with the next one: the trailer is still to come.
        while data:
            if self._member is None:
                data = data.lstrip(b"\0") if self._members else data  # padding of tape drives
                if not data:
                    return
                self._begin_member()
            try:
                piece = self._member.decompress(data, PIECE_BYTES)
            except zlib.error as error:
                raise UnreadableFile("The gzip stream is damaged.") from error
            self._unpacked += len(piece)
            if self._unpacked > MAX_RATIO * self._packed + _RATIO_GRACE:
                raise CompressedTooStrongly
            if piece:
                yield piece
            if self._member.eof:
                data, self._member = self._member.unused_data, None
            else:
                data = self._member.unconsumed_tail

    def _begin_member(self) -> None:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise PayloadTooLarge(f"A gzip file may have at most {MAX_MEMBERS:,} members.")
        self._member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)


class Reception(Generic[R]):
    """One file during its upload. Blocking, so it runs outside the event loop; its methods raise the problems that
    refuse the file. A context manager: the temporary files are deleted at the end."""

    def __init__(
        self,
        import_id: UUID,
        form: Format[R],
        *,
        gzipped: bool,
        sealed: bool,
        max_bytes: int,
        charset: str | None = None,
        unique: Unique[R] | None = None,
    ) -> None:
        """`charset` is that of the Content-Type; `unique` is what only one line may be about."""
        self.import_id = import_id
        self.bytes = 0
        self.lines = 0
        self.columns: tuple[str, ...] | None = None
        self._format = form
        self._cutter = form.cutter()
        self._gunzip = Gunzip() if gzipped else None
        self._transcoder = Transcoder(charset)
        self._sealed = sealed
        self._max_bytes = max_bytes
        self._sha256 = hashlib.sha256()
        self._received = 0
        self._cuts: list[Cut] = []
        self._size = 0
        self._chunks: list[_Chunk] = []
        self._spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115 - closed by __exit__
        self._unique = unique
        self._seen = None if unique is None else SeenKeys()

    def __enter__(self) -> Reception[R]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # A full disk: what the buffer still has is written once more.
        with suppress(OSError):
            self._spool.close()
        if self._seen is not None:
            self._seen.close()

    def feed(self, data: bytes) -> None:
        """Process the next bytes as they were sent. Raises NoRoomForFile, and the problems that refuse a file."""
        with _refused_without_room():
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > self._max_bytes:
            raise PayloadTooLarge(f"A file may have at most {self._max_bytes} bytes, compressed or not.")
        if self._gunzip is None:
            self._take(data)
            return
        for piece in self._gunzip.feed(data):
            self._take(piece)

    def end(self, data: bytes = b"") -> None:
        """Process the last bytes: the whole file has arrived. Raises as `feed`."""
        with _refused_without_room():
            self._end(data)

    def _end(self, data: bytes) -> None:
        self._feed(data)
        if self._gunzip is not None:
            self._gunzip.end()
        if not self.bytes:
            raise UnreadableFile("The file is empty.")
        self._keep(self._cutter.feed(self._transcoder.end()))
        self._keep(self._cutter.end())
        if self.columns is None:
            self.columns = self._format.columns(b"") or ()
        if self._cuts:
            self._close_chunk()
        self._spool.flush()  # a full disk refuses the file here, not in the transaction that stores it

    def digest(self) -> bytes:
        """SHA-256 of the uncompressed file."""
        return self._sha256.digest()

    def store(self, tx: Tx, due_at: datetime) -> None:
        """Write every chunk; the row of the import exists already."""
        for sequence, chunk in enumerate(self._chunks):
            self._spool.seek(chunk.start)
            tx.execute(
                CHUNKS.insert().values(
                    import_id=self.import_id,
                    sequence=sequence,
                    first_line=chunk.first_line,
                    lines=chunk.lines,
                    sealed=self._sealed,
                    content=self._spool.read(chunk.length),
                    due_at=due_at,
                )
            )

    def _take(self, data: bytes) -> None:
        self.bytes += len(data)
        if self.bytes > self._max_bytes:
            raise PayloadTooLarge(f"A file may have at most {self._max_bytes} bytes, uncompressed.")
        self._sha256.update(data)
        self._keep(self._cutter.feed(self._transcoder.feed(data)))

    def _keep(self, cuts: list[Cut]) -> None:
        if self.columns is None and cuts:
            columns = self._format.columns(cuts[0].raw)
            if columns is not None:
                del cuts[0]
            self.columns = columns or ()
        for cut in cuts:
            self._cuts.append(cut)
            self._size += len(cut.raw)
            if len(self._cuts) == CHUNK_LINES or self._size >= CHUNK_BYTES:
                self._close_chunk()

    def _close_chunk(self) -> None:
        cuts = self._cuts
        if self._unique is not None and self._seen is not None:
            cuts = self._marked(self._unique, self._seen)
        packed = pack(cuts, self.import_id, len(self._chunks), sealed=self._sealed)
        self._chunks.append(_Chunk(cuts[0].number, len(cuts), self._spool.tell(), len(packed)))
        self._spool.write(packed)
        self.lines += len(cuts)
        self._cuts = []
        self._size = 0

    def _marked(self, unique: Unique[R], seen: SeenKeys) -> list[Cut]:
        """The lines of the chunk, where those about the same as an earlier line of the file name that line.

        It is found out here, since chunks are applied in any order: the earlier line is the one that counts.
        """
        lines, _ = read_all(self._format.reader(self.columns or ()), self._cuts)
        keys = ((line.number, unique.key(line.record)) for line in lines)
        firsts = seen.add([Keyed(number, key) for number, key in keys if key is not None])
        if not firsts:
            return self._cuts
        column = unique.column
        repeats = {
            line.number: Repeat(firsts[line.number], column, shown(getattr(line.record, column)))
            for line in lines
            if line.number in firsts
        }
        return [cut._replace(repeats=repeats.get(cut.number)) for cut in self._cuts]
