"""Damaged numbers: a text that is not a number, but was one before a spreadsheet, a converter or a person changed it.

A sender may be a word, so not every text that is no number is an error. What is almost the number of a port, or a
number as spreadsheets write it, is damaged; every other text is a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from chassis import characters
from chassis.redaction import NUMBER, redact
from contracts.numbers import MAX_DIGITS, SHORTEST_BASE, NumberKind, SenderNumber, without_separators


class DamageCause(StrEnum):
    """The likely cause of the damage."""

    ERROR = "spreadsheet-error"
    SCIENTIFIC = "scientific-notation"
    DECIMALS = "decimals"
    QUOTES = "quotes"
    LETTERS = "letters"
    SEVERAL = "several-numbers"
    DIGITS = "other-digits"
    NAME = "name-beside-number"
    LEADING_ZERO = "leading-zero"
    TOO_LONG = "too-long"
    CHARACTER = "other-character"
    MISCOUNTED = "miscounted"
    NO_VALUE = "no-value"
    LOST = "lost-characters"


_NO_NUMBER: Final = (DamageCause.ERROR, DamageCause.NO_VALUE, DamageCause.LOST)
_ADVICE: Final = {
    DamageCause.ERROR: "a spreadsheet shows this where a formula failed or a column is too narrow; take the numbers"
    " from the source again, as text",
    DamageCause.SCIENTIFIC: "a spreadsheet wrote the number in scientific notation and cut its digits; format the"
    " column as text before the numbers are entered, and take them from the source again",
    DamageCause.DECIMALS: "a spreadsheet wrote the number with decimals or separators; format the column as text",
    DamageCause.QUOTES: "the marks by which a spreadsheet keeps a number as text were exported with it; give the"
    " digits only",
    DamageCause.LETTERS: "a letter stands for a digit, such as O for 0, l for 1 or S for 5; give the digits",
    DamageCause.SEVERAL: "these are several numbers in one field; give the one that the message came from",
    DamageCause.DIGITS: "its digits are circled or of another script; give the digits 0 to 9",
    DamageCause.NAME: "the number stands beside other text, such as the name of a contact; give the number alone",
    DamageCause.LEADING_ZERO: "a 0 stands before the number of a port; give the number as the phone shows it",
    DamageCause.TOO_LONG: f"a number of a port has at most {MAX_DIGITS} digits; are these two numbers in one field?",
    DamageCause.CHARACTER: "a character that is not a digit stands in it; give the digits only",
    DamageCause.MISCOUNTED: "a mobile number has 11 digits; a digit is missing or too many",
    DamageCause.NO_VALUE: "a program writes this where it has no value; give the number as the phone shows it",
    DamageCause.LOST: "its characters were lost when the text was converted; take it from the source",
}


@dataclass(frozen=True, slots=True)
class Damage:
    """Why a text is not the number that it was meant to be. `shown` is the text as an error may quote it: the number of
    a port is not personal, any other is redacted."""

    cause: DamageCause
    shown: str

    @property
    def advice(self) -> str:
        """The likely cause and what to do, without the value."""
        return _ADVICE[self.cause]

    @property
    def fault(self) -> str:
        """What is wrong and what to do, as it goes on after the value."""
        kind = "is not a number" if self.cause in _NO_NUMBER else "is not a number, but almost one"
        return f"{kind}: {self.advice}"

    @property
    def detail(self) -> str:
        """What is wrong and what to do, in one sentence for the person who sent it."""
        return f"`{self.shown}` {self.fault}"


_MARKS = "'‘’‛`´′\"“”„″=& \t"
_SCIENTIFIC = re.compile(r"[-+]?([0-9]{1,4}(?:[.,][0-9]+)?) ?(?:[eE] ?|[*×x] ?10\^)(\+?[0-9]{1,3})(?:[.,]0*)?")
# Also of a spreadsheet in another language: #WERT!, #ИМЯ?, #¡VALOR!.
_ERROR = re.compile(r"#+|#¡?[A-ZÀ-ÞА-Я][A-ZÀ-ÞА-Я0-9_/]*[?!！]|#(?:N/?[AD]|NV|GETTING_DATA)|Err:[0-9]{3}")
_DECIMALS = re.compile(r"(\+?(?:[0-9]{1,3}(?:[.,'’][0-9]{3})+|[0-9]+))(?:[.,]0*)?")
_DECIMAL_PORT = re.compile(r"106[0-9]*[.,][0-9]+|1[.,]06[0-9]+|10[.,]6[0-9]+")
_BRACKETED = re.compile(r"[^<>]*<([^<>]*)>[^<>]*|[^()（）]*[(（]([^()（）]*)[)）][^()（）]*")
_PORT = rf"(?:(?:\+|00)?86)?106[0-9]{{{SHORTEST_BASE - 3},{MAX_DIGITS - 3}}}"
_PORT_IN_TEXT = re.compile(rf"(?<![0-9]){_PORT}(?![0-9])")
_NO_VALUE = re.compile(r"[<(\[]?(?:null|none|nil|nan|n/?a|undefined|object object)[>)\]]?", re.IGNORECASE)
_SEPARATED = re.compile(r"[.,_'’、·]")
_BETWEEN_NUMBERS = re.compile(r"[,，;；/、|&和]")
# In a text of mostly digits any letter that a keyboard or a scanner confuses with one; in another only those that are
# read as 0 and 1 at a glance, because it may be a name.
_ALIKE: Final = {**characters.DIGITS_ALIKE, **str.maketrans("SsBZzGb", "5582266")}
_ALIKE_AT_A_GLANCE: Final = str.maketrans("OIl", "011")
_END = "。，、；：！？,.;:!?#*"
_MOBILE_AT_AN_END = re.compile(r"\D{1,8}(?:\+?86)?1[3-9][0-9]{9}|(?:\+?86)?1[3-9][0-9]{9}\D{1,8}")
_ALMOST_A_MOBILE = re.compile(
    r"(?:\+?86)?1(?=\w{10}$)(?:[0-9]*[^\W\d_]){1,2}[0-9]*|(?:\+?86)?1[3-9](?:[0-9]{8}|[0-9]{10})"
)
_MOBILE_IN_ASCII = re.compile(r"[\x20-\x7e]*(?<![0-9])1[3-9][0-9]{9}(?![0-9])[\x20-\x7e]*")
_PORT_BEGINS = re.compile(r"(?:(?:\+|00)?86)?106")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_BEGINNING = "106"
_LEAST_EXPONENT = 4
_LEAST_DIGITS = 6
# Shorter texts of digits and letters are names: i20, 11O.
_SHORTEST_PORT = len(_BEGINNING) + 1
_SHORTEST_CODE = 5
# Fewer digits than a telephone number has identify no person.
_PERSONAL = 7


def damage_of(raw: str) -> Damage | None:
    """The damage of a text that is almost a number; None for a number, and for a name."""
    if SenderNumber.parse(raw).kind is not NumberKind.INVALID:
        return None
    # Full-width and circled characters count as what they look like.
    text = characters.plain(raw).strip()
    if characters.lost_mark(text) is not None:
        return Damage(DamageCause.LOST, redact(text))
    found = _of_several(text) or _by_spreadsheet(text) or _by_look(raw, text)
    found = found or _beside_text(text) or _almost_a_port(text)
    # What stands behind the digits of a port may be a person's number, in any spelling.
    if found is not None and any(map(_MOBILE.search, _readings(found))):
        return replace(found, shown=NUMBER)
    return found


def _readings(damage: Damage) -> tuple[str, ...]:
    """The digits of what would be shown. Where a letter stands for a digit, the digits without it are no number."""
    without, with_letters = characters.readings(damage.shown)
    return (with_letters,) if damage.cause is DamageCause.LETTERS else (without, with_letters)


def _by_spreadsheet(text: str) -> Damage | None:
    if _ERROR.fullmatch(text):
        return Damage(DamageCause.ERROR, text)
    if _NO_VALUE.fullmatch(text):
        return Damage(DamageCause.NO_VALUE, text)
    bare = text.strip(_MARKS)
    if _is_number(bare):
        return Damage(DamageCause.QUOTES, _shown(text)) if bare != text else None
    scientific = _SCIENTIFIC.fullmatch(bare)
    if scientific is not None:
        mantissa, exponent = scientific.groups()
        # A spreadsheet writes a decimal point or a plus sign; 5E10 may be a name, 1E11 begins as a port or a mobile.
        written = not mantissa.isdigit() or exponent.startswith("+") or mantissa == "1"
        if written and _LEAST_EXPONENT <= int(exponent) <= MAX_DIGITS:
            return Damage(DamageCause.SCIENTIFIC, _shown(text))
    decimals = _DECIMALS.fullmatch(without_separators(bare))
    separated = decimals is not None and _is_number(re.sub(r"[.,'’]", "", decimals[1]))
    separated = separated or _MOBILE.fullmatch(_SEPARATED.sub("", bare)) is not None
    if separated or _DECIMAL_PORT.fullmatch(bare):
        return Damage(DamageCause.DECIMALS, _shown(text))
    return None


def _of_several(text: str) -> Damage | None:
    """The damage of a text that is several numbers."""
    parts = [SenderNumber.parse(each) for each in _BETWEEN_NUMBERS.split(text)]
    if len(parts) == 1 or any(each.kind is NumberKind.INVALID for each in parts):
        return None
    of_person = any(each.kind not in (NumberKind.PORT, NumberKind.SERVICE) for each in parts)
    return Damage(DamageCause.SEVERAL, NUMBER if of_person else text)


def _by_look(raw: str, text: str) -> Damage | None:
    """The damage of a text that looks like a number: a person, a scanner or a font put other characters in it."""
    number = without_separators(text)
    if _is_number(number):
        return Damage(DamageCause.DIGITS, _shown(raw))
    if _is_number(number.rstrip(_END)):
        return Damage(DamageCause.CHARACTER, _shown(text))
    number = number.strip(_MARKS)
    digits = sum(map(str.isdigit, number))
    mostly_digits = 2 * digits > len(number)
    alike = number.translate(_ALIKE if mostly_digits else _ALIKE_AT_A_GLANCE)
    if (mostly_digits and _is_port(_with_its_beginning(alike))) or (digits and _is_code(alike)):
        return Damage(DamageCause.LETTERS, NUMBER if _is_of_person(alike) else _shown(text))
    return None


def _beside_text(text: str) -> Damage | None:
    beside = text
    port = _PORT_IN_TEXT.search(text) or _PORT_IN_TEXT.search(beside := without_separators(text))
    if port is not None and port[0] != beside:
        text = beside
        before, after = text[: port.start()], text[port.end() :]
        rest = before + after
        named = any(map(str.isalpha, rest)) or sum(map(str.isdigit, rest)) >= _LEAST_DIGITS
        shown = redact(before) + port[0] + redact(after)
        return Damage(DamageCause.NAME if named else DamageCause.CHARACTER, shown)
    # Of other numbers only in the form of an address book, and of mobiles in ASCII: a sender may be a name with digits.
    bracketed = _BRACKETED.fullmatch(text)
    inside = "" if bracketed is None else bracketed[1] or bracketed[2] or ""
    mobile = _MOBILE_IN_ASCII.fullmatch(beside) or _MOBILE_AT_AN_END.fullmatch(beside)
    if _is_number(inside) or mobile is not None:
        return Damage(DamageCause.NAME, redact(text) if any(map(str.isalpha, text)) else _shown(text))
    return None


def _almost_a_port(text: str) -> Damage | None:
    number = without_separators(text)
    digits = sum(map(str.isdigit, number))
    if _is_port(number.lstrip("0")):
        return Damage(DamageCause.LEADING_ZERO, text)
    if _ALMOST_A_MOBILE.fullmatch(number):
        cause = DamageCause.MISCOUNTED if number.lstrip("+").isdigit() else DamageCause.CHARACTER
        return Damage(cause, NUMBER)
    if _PORT_BEGINS.match(number) is None or digits < max(_LEAST_DIGITS, len(number) / 2):
        return None
    if number.lstrip("+").isdigit():
        # Perhaps two numbers, of which the second is a person's.
        return Damage(DamageCause.TOO_LONG, number[:SHORTEST_BASE] + "…")
    return Damage(DamageCause.CHARACTER, text)


def _with_its_beginning(number: str) -> str:
    """A number with the digit of 106 for which another letter stands, whatever it is: 10б… for 106…."""
    wrong = [at for at, digit in enumerate(_BEGINNING) if number[at : at + 1] != digit]
    if len(wrong) != 1 or not number[wrong[0] : wrong[0] + 1].isalpha():
        return number
    return _BEGINNING + number[len(_BEGINNING) :]


def _is_number(text: str) -> bool:
    return SenderNumber.parse(text).kind is not NumberKind.INVALID


def _is_port(number: str) -> bool:
    return len(number) >= SHORTEST_BASE and SenderNumber.parse(number).kind is NumberKind.PORT


def _is_code(number: str) -> bool:
    """Whether a text is a number that is long enough not to be a name: 1069 of a port, else five digits."""
    kind = SenderNumber.parse(number).kind
    if kind is NumberKind.PORT:
        return len(number) >= _SHORTEST_PORT
    return kind is not NumberKind.INVALID and len(number) >= _SHORTEST_CODE


def _is_of_person(number: str) -> bool:
    return SenderNumber.parse(number).kind in (NumberKind.MOBILE, NumberKind.LANDLINE)


def _shown(text: str) -> str:
    digits = characters.digits(text, letters=True)
    return text if _PORT_BEGINS.match(digits) or len(digits) < _PERSONAL else redact(text)
