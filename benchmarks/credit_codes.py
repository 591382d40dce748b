"""Millions of made-up credit codes, well-formed with both check characters (GB 32100-2015, GB 11714)."""

from __future__ import annotations

from collections.abc import Iterator

_PREFIX = "91990000"
"""An enterprise of an unassigned region."""
_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_CHECKS = "0123456789X0"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_WEIGHTS = tuple(3**index % 31 for index in range(17))


def credit_codes(count: int) -> Iterator[str]:
    """That many distinct codes, at most 100,000,000; always the same ones."""
    head = sum(int(each) * weight for each, weight in zip(_PREFIX, _WEIGHTS, strict=False))
    for number in range(count):
        digits = f"{number:08d}"
        values = [int(each) for each in digits]
        own = sum(value * weight for value, weight in zip(values, _ORGANISATION_WEIGHTS, strict=True))
        check = _ORGANISATION_CHECKS[11 - own % 11]
        total = head + sum(value * weight for value, weight in zip(values, _WEIGHTS[8:], strict=False))
        total += _CHARACTERS.index(check) * _WEIGHTS[16]
        yield f"{_PREFIX}{digits}{check}{_CHARACTERS[-total % 31]}"
