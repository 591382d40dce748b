"""Records of several organisations in one file, as they are exported together.

Each channel files its own complaints and each carrier its own ports: what staff file counts towards no automatic act.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from contracts.carriers import CARRIERS
from contracts.channels import CHANNELS

Parts = dict[str | None, Path]
"""The files of one file, compressed, by organisation: `channel:app`, `carrier:CMCC`. Those under None have records
without a known organisation: an import reports their errors."""


class _Line(msgspec.Struct):
    channel: Any = None


_DECODER = msgspec.json.Decoder(_Line)


def split_complaints(file: Path, directory: Path) -> Parts:
    """Write the lines of a file (one JSON object per line, perhaps compressed) to one file per channel in
    `directory`."""
    with _opened(file) as lines:
        return _split(((_known("channel", _channel_of(line), CHANNELS), line) for line in lines), directory, ".ndjson")


def split_register(file: Path, directory: Path) -> Parts:
    """Write the lines of a register (CSV in UTF-8 with a header, perhaps compressed) to one file per carrier in
    `directory`, each with the header."""
    with _opened(file) as content, io.TextIOWrapper(content, "utf-8-sig", errors="surrogateescape", newline="") as text:
        lines = csv.reader(text)
        header = next(lines, [])
        owned = (
            (_known("carrier", dict(zip(header, each, strict=False)).get("carrier"), CARRIERS), _csv(each))
            for each in lines
        )
        return _split(owned, directory, ".csv", _csv(header))


def _split(owned: Iterable[tuple[str | None, bytes]], directory: Path, suffix: str, header: bytes = b"") -> Parts:
    directory.mkdir(parents=True, exist_ok=True)
    files: Parts = {}
    with ExitStack() as stack:
        opened: dict[str | None, gzip.GzipFile] = {}
        for organisation, line in owned:
            if organisation not in opened:
                files[organisation] = directory / f"{(organisation or 'unknown').replace(':', '-')}{suffix}.gz"
                opened[organisation] = stack.enter_context(gzip.open(files[organisation], "wb", compresslevel=1))
                opened[organisation].write(header)
            opened[organisation].write(line)
    return files


def _opened(file: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(file)) if file.suffix == ".gz" else file.open("rb")


def _known(kind: str, code: object, known: Mapping[str, object]) -> str | None:
    return f"{kind}:{code}" if isinstance(code, str) and code in known else None


def _channel_of(line: bytes) -> object:
    try:
        return _DECODER.decode(line).channel
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _csv(fields: Iterable[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(fields)
    return line.getvalue().encode("utf-8", errors="surrogateescape")
