"""The encoding of a file: declared by the charset of its Content-Type or by a byte order mark, and never guessed.

Whatever comes in is handed on as UTF-8. A file whose bytes do not match its encoding is refused as a whole: read
nevertheless, parts of it would be accepted as other text. The refusal names the encoding that the bytes resemble.
"""

from __future__ import annotations

import codecs
import re
from typing import Any, NamedTuple

from chassis.imports.lines import MAX_LINE
from chassis.imports.refusals import UnreadableFile

UTF_8, GB18030, UTF_16_LE, UTF_16_BE = "utf-8", "gb18030", "utf-16le", "utf-16be"
_UTF_16 = "utf-16"

CHARSETS = {
    "utf-8": UTF_8,
    "utf8": UTF_8,
    "us-ascii": UTF_8,
    "gb18030": GB18030,
    # GB 18030 contains the two older sets, and the names are used for each other.
    "gbk": GB18030,
    "gb2312": GB18030,
    "utf-16": _UTF_16,
    "utf-16le": UTF_16_LE,
    "utf-16be": UTF_16_BE,
}
"""The charsets that a Content-Type may declare, in small letters, and the encodings that they stand for."""

_NAMES = {
    UTF_8: "UTF-8",
    GB18030: "GB18030 (GBK)",
    _UTF_16: "UTF-16",
    UTF_16_LE: "UTF-16 (little-endian)",
    UTF_16_BE: "UTF-16 (big-endian)",
}

_MARKS = {
    b"\xef\xbb\xbf": UTF_8,
    b"\xff\xfe": UTF_16_LE,
    b"\xfe\xff": UTF_16_BE,
    b"\x84\x31\x95\x33": GB18030,
}
_MARK_BYTES = 4
_FOREIGN_STARTS = {
    b"\x1f\x8b": "It is compressed: set Content-Encoding: gzip, or send it as application/gzip.",
    b"PK\x03\x04": "It is a ZIP archive or a spreadsheet, not text: save it as CSV in UTF-8.",
    b"\xd0\xcf\x11\xe0": "It is a spreadsheet, not text: save it as CSV in UTF-8.",
    b"%PDF": "It is a PDF, not text: save the table in it as CSV in UTF-8.",
    b"\x89PNG": "It is a picture, not text: save the table in it as CSV in UTF-8.",
    b"\xff\xd8\xff": "It is a picture, not text: save the table in it as CSV in UTF-8.",
    b"7z\xbc\xaf": "It is an archive: send the file in it.",
    b"Rar!": "It is an archive: send the file in it.",
    b"\xff\xfe\x00\x00": "It is in UTF-32. Save it in UTF-8.",
    b"\x00\x00\xfe\xff": "It is in UTF-32. Save it in UTF-8.",
}
_SAMPLE_BYTES = 4096
_THREE_BYTES = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}")
_LEAST_CHARACTERS = 3
_HAN = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


class _Fault(NamedTuple):
    """Bytes that do not match: those of the current piece, and the place of the first wrong one in them."""

    content: bytes
    at: int


class _Utf8Lines:
    """Finds the first line that is UTF-8 in a file that is said to be in GB 18030, while it streams in.

    Such a line has characters of three bytes in UTF-8, at least `_LEAST_CHARACTERS`, and nothing in it contradicts
    UTF-8. Two such characters are the bytes of three Chinese ones in GB 18030, of which the first is a rare one (lead
    byte E0 to EF). Of three random ones, two in 10,000 are so. As Chinese ones have two bytes, three characters in
    UTF-8 need two such threes: fewer than one line in 10,000,000 is refused by mistake. A line with one or two
    characters in UTF-8 is not found.
    """

    def __init__(self) -> None:
        self.first: int | None = None
        self._line = 1
        self._tail = b""

    def feed(self, data: bytes, *, final: bool) -> None:
        if self.first is not None:
            return
        *lines, rest = (self._tail + data).split(b"\n")
        # A line that is too long is refused later; its beginning decides here.
        self._tail = rest[: MAX_LINE + 1]
        for number, line in enumerate([*lines, rest] if final else lines, self._line):
            if not line.isascii() and _is_utf8(line):
                self.first = number
                return
        self._line += len(lines)


def _is_utf8(line: bytes) -> bool:
    if len(_THREE_BYTES.findall(line)) < _LEAST_CHARACTERS:
        return False
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


class Transcoder:
    """Turns one file into UTF-8 while it streams in. Its methods raise UnreadableFile."""

    def __init__(self, charset: str | None = None) -> None:
        """`charset` is one of CHARSETS as the Content-Type declares it; None: a mark decides, otherwise UTF-8."""
        self._declared = None if charset is None else CHARSETS[charset]
        self._start: bytes | None = b""
        self._encoding = UTF_8
        self._decoder: Any = None
        # Text in UTF-8 often decodes as GB 18030, as other text: then all of it is UTF-8, by no chance.
        self._as_utf8: Any = None
        self._utf8_han = False
        self._utf8_lines = _Utf8Lines()
        self._line = 1
        self._ascii = True

    def feed(self, data: bytes) -> bytes:
        """The next bytes of the file, in UTF-8."""
        if self._start is None:
            return self._decoded(data)
        self._start += data
        return self._begin(self._start) if len(self._start) >= _MARK_BYTES else b""

    def end(self) -> bytes:
        """The remaining bytes, at the end of the file."""
        text = self._begin(self._start) if self._start else b""
        if self._decoder is None:
            return text
        text += self._decoded(b"", final=True)
        if self._as_utf8 is not None and self._utf8_han:
            raise UnreadableFile(
                f"{_NAMES[GB18030]} is declared, but all of its bytes are {_NAMES[UTF_8]}. Send it as charset=utf-8.",
                likely=UTF_8,
            )
        return text

    def _begin(self, start: bytes) -> bytes:
        self._start = None
        for foreign, reason in _FOREIGN_STARTS.items():
            if start.startswith(foreign):
                raise UnreadableFile(reason)
        mark = next((each for each in _MARKS if start.startswith(each)), b"")
        self._encoding = self._chosen(_MARKS.get(mark), start)
        self._decoder = codecs.getincrementaldecoder(self._encoding)("strict")
        if self._encoding == GB18030:
            self._as_utf8 = codecs.getincrementaldecoder(UTF_8)("strict")
        return self._decoded(start[len(mark) :])

    def _chosen(self, marked: str | None, start: bytes) -> str:
        """The encoding by the mark and the declaration."""
        declared = self._declared
        if marked is None:
            self._check_width(start, declared or UTF_8)
            return declared or UTF_8
        if declared in (None, marked) or (declared == _UTF_16 and marked in (UTF_16_LE, UTF_16_BE)):
            return marked
        raise UnreadableFile(
            f"{_NAMES[declared or UTF_8]} is declared, but the file begins with the mark of {_NAMES[marked]}."
            f" Send it as charset={marked}.",
            likely=marked,
        )

    def _check_width(self, start: bytes, declared: str) -> None:
        """Refuse text of another width than declared: a file without a mark begins with a character of ASCII."""
        likely = UTF_8
        if start[:1] == b"\0":
            likely = UTF_16_BE
        elif start[1:2] == b"\0":
            likely = UTF_16_LE
        if declared == _UTF_16:
            raise UnreadableFile(
                "UTF-16 is declared, but the file does not begin with a byte order mark."
                f" Its bytes resemble {_NAMES[likely]}: send it as charset={likely}.",
                likely=likely,
            )
        wide = (UTF_16_LE, UTF_16_BE)
        if declared != likely and (declared in wide or likely in wide):
            raise UnreadableFile(
                f"The file is not in {_NAMES[declared]}. Its bytes resemble {_NAMES[likely]}:"
                f" send it as charset={likely}, or save it in UTF-8.",
                likely=likely,
            )

    def _decoded(self, data: bytes, *, final: bool = False) -> bytes:
        if self._encoding == GB18030:
            self._try_utf8(data, final=final)
        try:
            text: str = self._decoder.decode(data, final)
            content = data if self._encoding == UTF_8 else text.encode()
        except UnicodeDecodeError as error:
            raise self._mismatch(_Fault(bytes(error.object), error.start)) from error
        except UnicodeEncodeError as error:
            raise self._mismatch(_Fault(data, 0)) from error
        self._line += content.count(b"\n")
        self._ascii = self._ascii and content.isascii()
        return content

    def _try_utf8(self, data: bytes, *, final: bool) -> None:
        self._utf8_lines.feed(data, final=final)
        if self._as_utf8 is not None:
            try:
                text = self._as_utf8.decode(data, final)
            except UnicodeDecodeError:
                self._as_utf8 = None
            else:
                self._utf8_han = self._utf8_han or _HAN.search(text) is not None
        line = self._utf8_lines.first
        # A file all of whose bytes are UTF-8 is refused at its end: its remedy is another one.
        if self._as_utf8 is None and line is not None:
            raise UnreadableFile(
                f"{_NAMES[GB18030]} is declared, but line {line} is {_NAMES[UTF_8]}, and others are not: the file seems"
                f" to be joined from several files. Save all of it in {_NAMES[UTF_8]}.",
                line=line,
                likely=UTF_8,
            )

    def _mismatch(self, fault: _Fault) -> UnreadableFile:
        declared = _NAMES[self._encoding]
        line = self._line + fault.content[: fault.at].decode(self._encoding, "replace").count("\n")
        detail = f"The file is not in {declared}: line {line} has other bytes."
        if self._encoding == UTF_8 and _is_cut_off(fault):
            detail = f"The file ends within a character, in line {line}: it was cut off. Send it again."
            return UnreadableFile(detail, line=line)
        likely = _likely(fault, self._encoding)
        if likely is None:
            return UnreadableFile(f"{detail} Save it in UTF-8.", line=line)
        detail += f" They resemble {_NAMES[likely]}"
        if not self._ascii or not fault.content[: fault.at].isascii():
            return UnreadableFile(
                f"{detail}, earlier ones {declared}: it seems to be joined from several files. Save it in UTF-8.",
                line=line,
                likely=likely,
            )
        return UnreadableFile(f"{detail}: send it as charset={likely}, or save it in UTF-8.", line=line, likely=likely)


def _is_cut_off(fault: _Fault) -> bool:
    """Whether the wrong bytes are the beginning of a character in UTF-8, and the last of the file."""
    rest = fault.content[fault.at :]
    if len(rest) >= 4 or rest[-1:] == b"\n":
        return False
    try:
        codecs.getincrementaldecoder(UTF_8)("strict").decode(rest)
    except UnicodeDecodeError:
        return False
    return True


def _likely(fault: _Fault, encoding: str) -> str | None:
    """The encoding that the bytes around a fault resemble: most of what is not ASCII is Chinese in it."""
    begin = max(fault.content.rfind(b"\n", 0, fault.at) + 1, fault.at - _SAMPLE_BYTES)
    sample = fault.content[begin : fault.at + _SAMPLE_BYTES]
    for other in (UTF_8, GB18030):
        if other != encoding:
            text = sample.decode(other, "replace")
            foreign = sum(not each.isascii() for each in text)
            if foreign and len(_HAN.findall(text)) >= 0.8 * foreign:
                return other
    return None
