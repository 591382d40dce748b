"""What an error states about a value for a clerk: how it is shown, what was probably meant, where JSON is not JSON.

No error quotes the text of a parser: its words are for programmers, and change with its version.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping

from chassis.characters import plain
from chassis.redaction import NUMBER, redact

LONGEST_SHOWN = 40
"""Characters of a value that an error shows."""

_SIMILAR = 0.7

# Digits with what people write between them. Letters that a keyboard or a scanner confuses with digits count as digits.
_DIGITS_ALIKE = str.maketrans("OoIl", "0011")
_BETWEEN = re.compile(r"[\s().\-]")
_PERSONAL = re.compile(r"[0-9]{7}")
_DAY = re.compile(
    r"[0-9]{4}([-/.])[0-9]{1,2}\1[0-9]{1,2}(?:[T ][0-9:.]{1,15}(?:Z|[+-][0-9:]{4,5})?)?|20[0-9]{2}[01][0-9][0-3][0-9]"
)
# Also as a spreadsheet damages it: '1069…, ="1069…", 1.06907E+11.
_PORT = re.compile(r"[='\"]{0,3}(?:(?:\+|00)?86)?106[0-9]{0,20}(?:E\+?[0-9]{1,2})?\"?")
# The code of an enterprise, also with a character too many or too few. One of digits only, or of digits and an X, may
# be the number of an identity card.
_ENTERPRISE = re.compile(r"(?![0-9]*[0-9Xx]$)(?!.*1[3-9][0-9]{9})[0-9A-Za-z]{17,19}")


def shown(value: str) -> str:
    """A value as an error shows it: shortened, with a name for what cannot be printed, and redacted where it may be a
    person's number."""
    text = value[: LONGEST_SHOWN + 1]
    text = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
    if may_be_personal(value):
        # Beyond the end of what is shown, a number would not be recognised.
        redacted = redact(value[: 4 * LONGEST_SHOWN])[:LONGEST_SHOWN]
        text = NUMBER if may_be_personal(redacted) or redacted == value else redacted
    return "".join(each if each.isprintable() else f"<U+{ord(each):04X}>" for each in text)


def may_be_personal(value: str) -> bool:
    """Whether a value contains what may be a person's number: seven digits that are neither a day nor a port, and not
    in the code of an enterprise."""
    text = unicodedata.normalize("NFKC", value).strip()
    digits = _BETWEEN.sub("", text).translate(_DIGITS_ALIKE)
    if not _PERSONAL.search(digits):
        return False
    return not (_DAY.fullmatch(text) or _PORT.fullmatch(digits) or _ENTERPRISE.fullmatch(text))


def meant(value: str, choices: Iterable[str], names: Mapping[str, str] | None = None) -> str:
    """The end of an error's sentence that names the choice which `value` resembles: "; did you mean CMCC?", or nothing.

    `names` are other names of the choices: name → choice.
    """
    folded = {_folded(name): choice for name, choice in (names or {}).items()} | {
        _folded(each): each for each in choices
    }
    wanted = _folded(value)
    if not wanted or len(wanted) > LONGEST_SHOWN:
        return ""
    if wanted not in folded:
        similar = difflib.get_close_matches(wanted, folded, 1, _SIMILAR)
        if not similar:
            return ""
        (wanted,) = similar
    return f"; did you mean {folded[wanted]}?"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", plain(text)).strip().casefold()


def json_fault(error: Exception, content: bytes) -> str:
    """Where and why `content`, which msgspec refused with `error`, is not JSON, as the rest of a sentence."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    try:
        content.decode()
    except UnicodeDecodeError as fault:
        return f"byte {fault.start + 1} is not UTF-8"
    at = re.search(r"\(byte ([0-9]{1,9})\)$", str(error))
    if at is None:
        return "it ends before its last brace or quote"
    if "trailing" in str(error):
        return "text follows after its last brace"
    return f"character {len(content[: int(at[1])].decode(errors='replace')) + 1} is not expected there"
