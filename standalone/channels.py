"""Complaints of several channels in one file, as they are exported together.

Each channel files its own: what staff file counts towards no automatic act.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from contracts.channels import CHANNELS


class _Line(msgspec.Struct):
    channel: Any = None


_DECODER = msgspec.json.Decoder(_Line)


def split_by_channel(file: Path, directory: Path) -> dict[str | None, Path]:
    """Write the lines of a file (one JSON object per line, perhaps compressed) to one file per channel in `directory`.

    Lines without a known channel are under None: an import reports their errors.
    """
    directory.mkdir(parents=True, exist_ok=True)
    files: dict[str | None, Path] = {}
    with ExitStack() as stack:
        opened: dict[str | None, gzip.GzipFile] = {}
        for line in _lines(file):
            channel = _channel_of(line)
            if channel not in opened:
                files[channel] = directory / f"{channel or 'no-channel'}.ndjson.gz"
                opened[channel] = stack.enter_context(gzip.open(files[channel], "wb", compresslevel=1))
            opened[channel].write(line)
    return files


def _lines(file: Path) -> Iterator[bytes]:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as content:
        yield from content


def _channel_of(line: bytes) -> str | None:
    try:
        channel = _DECODER.decode(line).channel
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return channel if isinstance(channel, str) and channel in CHANNELS else None
