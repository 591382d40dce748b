"""Unified social credit codes: how an enterprise is named everywhere (GB 32100-2015)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from stdnum.cn import uscc

# Registering authority and kind of entity, region, organisation code, check character; none of I, O, S, V, Z.
# stdnum wants digits in the first two places, which the standard does not (N2: a rural collective).
_CHARACTER = "[0-9A-HJ-NP-RTUW-Y]"
# No registering department has 0: eighteen of them would pass both checks.
_SHAPE = re.compile(rf"(?!0){_CHARACTER}{{2}}[0-9]{{6}}{_CHARACTER}{{10}}")
_SEPARATORS = re.compile(r"[\s-]")
_LENGTH = 18

# GB 11714: weights of the eight characters before the organisation code's own check character.
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class CreditCodeFault(StrEnum):
    """What is wrong with a text that should be a credit code."""

    LENGTH = "length"
    CHARACTERS = "characters"
    CHECK_CHARACTER = "check-character"
    ORGANISATION_CHECK = "organisation-check"


_EXPLAINED = {
    CreditCodeFault.LENGTH: "a credit code has 18 characters",
    CreditCodeFault.CHARACTERS: "a credit code has digits and capitals but I, O, S, V, Z; places 3 to 8 are digits",
    CreditCodeFault.CHECK_CHARACTER: "the check character (place 18) does not fit the others: one is mistyped",
    CreditCodeFault.ORGANISATION_CHECK: "the organisation code (places 9 to 17) does not fit its own check character",
}


class InvalidCreditCode(ValueError):
    """A text is no credit code: `fault` says why to a program, the message to a person."""

    def __init__(self, fault: CreditCodeFault) -> None:
        super().__init__(_EXPLAINED[fault])
        self.fault = fault


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A credit code that is well formed and whose two check characters fit. It need not belong to anyone.

    Make it with `parse`; `str()` gives the 18 characters.
    """

    value: str

    @classmethod
    def parse(cls, raw: str) -> CreditCode:
        """Reads a code as people write it: spaces, hyphens, small letters and full-width characters are no fault.

        Raises InvalidCreditCode.
        """
        value = _SEPARATORS.sub("", unicodedata.normalize("NFKC", raw)).upper()
        if len(value) != _LENGTH:
            raise InvalidCreditCode(CreditCodeFault.LENGTH)
        if not _SHAPE.fullmatch(value):
            raise InvalidCreditCode(CreditCodeFault.CHARACTERS)
        if uscc.calc_check_digit(value[:-1]) != value[-1]:
            raise InvalidCreditCode(CreditCodeFault.CHECK_CHARACTER)
        if _organisation_check(value[8:16]) != value[16]:
            raise InvalidCreditCode(CreditCodeFault.ORGANISATION_CHECK)
        return cls(value)

    @property
    def region(self) -> str:
        """Where it was registered: six digits of GB/T 2260."""
        return self.value[2:8]

    @property
    def organisation(self) -> str:
        """The organisation code of GB 11714 inside: nine characters, the last its own check character."""
        return self.value[8:17]

    def __str__(self) -> str:
        return self.value


def _organisation_check(characters: str) -> str:
    """The check character of the eight that come before it. Letters count from A = 10, all 26 of them."""
    total = sum(int(each, 36) * weight for each, weight in zip(characters, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]
