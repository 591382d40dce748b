"""Numbers of persons in a text that staff or an organisation write: mobile numbers and those of identity cards.

A name, a statement or a reason is published as it was written, so nothing else is cut from it: the number of a port, of
a decision or of a file stays.
"""

from __future__ import annotations

import re
from typing import Final

from chassis import characters
from chassis.escapes import unescaped

_ANY = r"\d零〇一二三四五六七八九幺壹贰貳叁參肆伍陆陸柒捌玖"
_BETWEEN = r"(?:[^\w〈〉【】]|_){0,4}"
_SECOND = "[3-9三四五六七八九叁參肆伍陆陸柒捌玖]"
_MOBILE = rf"(?:(?:\+|00)?86{_BETWEEN}|0)?[1一幺壹]{_BETWEEN}{_SECOND}(?:{_BETWEEN}[{_ANY}]){{9}}(?![{_ANY}])"
# The area, the day of birth, a sequence and a check character: GB 11643.
_IDENTITY_CARD = r"[1-8]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![A-Za-z0-9])"
_PERSON: Final = re.compile(rf"(?<![A-Za-z{_ANY}])(?:{_IDENTITY_CARD}|{_MOBILE})")
_SHORTEST = 11


def names_a_person(text: str) -> bool:
    """Whether a text has the number of a person, in whatever spelling."""
    return len(text) >= _SHORTEST and _PERSON.search(characters.plain(unescaped(text))) is not None


def without_persons(text: str, placeholder: str) -> str:
    """The text with `placeholder` for each number of a person; the same text where it has none."""
    return _PERSON.sub(placeholder, characters.plain(unescaped(text))) if names_a_person(text) else text
