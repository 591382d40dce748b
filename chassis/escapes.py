"""Characters that a program has escaped: for HTML, a link, JSON, a mail, or a programming language.

A channel that hands on `&#12304;` has changed the text that the phone showed. What is found in an unescaped text is a
sign of what was meant; it is never read as if it had been sent so.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from typing import Final

MOST_ESCAPED: Final = 8
"""How often a text may have been escaped, one time on top of another."""

# It begins with one set of characters, so that the search is fast: most texts have none.
_LIKELY = re.compile(
    r"[&＆%％=\\U銆](?:(?<=[&＆])\s?[#＃A-Za-z]|(?<=[%％])(?:[0-9A-Fa-f]{2}|u[0-9A-Fa-f])|(?<==)[0-9A-Fa-f]{2}="
    r"|(?<=\\)[uxUN]|(?<=U)\+[0-9A-Fa-f]|(?<=銆))"
)
_ENTITY = re.compile(r"[&＆]\s?([#＃]?)([A-Za-z0-9]{2,8})[;；]")
# A link has single ones: ?a=1 is no escape.
_BYTES = re.compile(r"(?:[%％][0-9A-Fa-f]{2})+|(?:=[0-9A-Fa-f]{2}){3,}|(?:\\x[0-9A-Fa-f]{2})+")
_CODE_POINT = re.compile(r"(?:\\[uU]|[%％]u|U\+)\{?([0-9A-Fa-f]{4,8})\}?")
_NAMED = re.compile(r"\\N\{([A-Za-z0-9 -]{1,64})\}")
_HEX = re.compile(r"[0-9A-Fa-f]{2}")
# The bytes E3 80 of 【 and its kind in UTF-8, read as GB 18030.
_MISREAD = "銆"


def unescaped(text: str) -> str:
    """The text with its escaped characters as themselves; the same text where none is escaped."""
    if _LIKELY.search(text) is None:
        return text
    plain = text
    for _ in range(MOST_ESCAPED):
        before = plain
        plain = html.unescape(_ENTITY.sub(_entity, plain))
        plain = _BYTES.sub(_decoded, plain)
        plain = _CODE_POINT.sub(_character(lambda code: chr(int(code, 16))), plain)
        plain = _NAMED.sub(_character(unicodedata.lookup), plain)
        if plain == before:
            break
    if _MISREAD in plain:
        plain = plain.encode("gb18030", "ignore").decode("utf-8", "ignore")
    return plain


def _entity(written: re.Match[str]) -> str:
    return f"&{'#' if written[1] else ''}{written[2]};"


def _decoded(escape: re.Match[str]) -> str:
    """The characters of escaped bytes, in UTF-8 or GB 18030; the escape itself where they are neither."""
    content = bytes.fromhex("".join(_HEX.findall(escape[0].replace("\\x", ""))))
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return escape[0]


def _character(read: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
    def replace(escape: re.Match[str]) -> str:
        try:
            found = read(escape[1])
        except (KeyError, ValueError, OverflowError):
            return escape[0]
        return escape[0] if "\ud800" <= found <= "\udfff" else found

    return replace
