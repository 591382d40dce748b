"""Unified social credit codes: the identifier of an enterprise (GB 32100-2015)."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import mul

# Registering authority and kind of entity, region, organisation code, check character; without I, O, S, V, Z. The
# first two can be letters (N2: a rural collective).
_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# No registering department has 0: eighteen zeros would pass both checks.
_SHAPE = re.compile(rf"(?!0)[{_CHARACTERS}]{{2}}[0-9]{{6}}[{_CHARACTERS}]{{10}}")
_SEPARATORS = re.compile(r"[\s-]")
_LENGTH = 18

# GB 32100: the values of the characters; their weighted sum is a multiple of 31.
_VALUES = {each: value for value, each in enumerate(_CHARACTERS)}
_WEIGHTS = (*(3**place % 31 for place in range(_LENGTH - 1)), 1)

# GB 11714: the values and weights of the eight characters before the check character of the organisation code. Letters
# count from A = 10, all 26 of them.
_ORGANISATION_VALUES = {each: int(each, 36) for each in string.digits + string.ascii_uppercase}
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class CreditCodeFault(StrEnum):
    """Why a text is not a credit code."""

    LENGTH = "length"
    CHARACTERS = "characters"
    CHECK_CHARACTER = "check-character"
    ORGANISATION_CHECK = "organisation-check"


_EXPLAINED = {
    CreditCodeFault.LENGTH: "a credit code has 18 characters",
    CreditCodeFault.CHARACTERS: "a credit code has digits and capitals except I, O, S, V, Z; places 3 to 8 are digits",
    CreditCodeFault.CHECK_CHARACTER: "the check character (place 18) does not fit the others: one is mistyped",
    CreditCodeFault.ORGANISATION_CHECK: "the organisation code (places 9 to 17) does not fit its own check character",
}


class InvalidCreditCode(ValueError):
    """A text is not a credit code: `fault` is the reason for programs, the message for people."""

    def __init__(self, fault: CreditCodeFault) -> None:
        super().__init__(_EXPLAINED[fault])
        self.fault = fault


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A well-formed credit code with two correct check characters. It may be unassigned.

    Create it with `parse`; `str()` returns the 18 characters.
    """

    value: str

    @classmethod
    def parse(cls, raw: str) -> CreditCode:
        """Parse a code as people write it: spaces, hyphens, small letters and full-width characters are accepted.

        Raises InvalidCreditCode.
        """
        value = _SEPARATORS.sub("", unicodedata.normalize("NFKC", raw)).upper()
        if len(value) != _LENGTH:
            raise InvalidCreditCode(CreditCodeFault.LENGTH)
        if not _SHAPE.fullmatch(value):
            raise InvalidCreditCode(CreditCodeFault.CHARACTERS)
        if _weighted(value, _VALUES, _WEIGHTS) % len(_CHARACTERS):
            raise InvalidCreditCode(CreditCodeFault.CHECK_CHARACTER)
        if _organisation_check(value[8:16]) != value[16]:
            raise InvalidCreditCode(CreditCodeFault.ORGANISATION_CHECK)
        return cls(value)

    @property
    def region(self) -> str:
        """The region of registration: six digits of GB/T 2260."""
        return self.value[2:8]

    @property
    def organisation(self) -> str:
        """The organisation code (GB 11714): nine characters, the last its own check character."""
        return self.value[8:17]

    def __str__(self) -> str:
        return self.value


def _organisation_check(characters: str) -> str:
    """The check character of the eight characters before it."""
    return "0123456789X0"[11 - _weighted(characters, _ORGANISATION_VALUES, _ORGANISATION_WEIGHTS) % 11]


def _weighted(characters: str, values: Mapping[str, int], weights: Sequence[int]) -> int:
    return sum(map(mul, map(values.__getitem__, characters), weights))
