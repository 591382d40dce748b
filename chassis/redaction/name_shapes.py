"""What a name of a person looks like: fragments of patterns, with the sign that it needs.

A name is a surname with one or two further characters, two or more parts of another language, or a part of it with a
mask for the rest.
"""

from __future__ import annotations

from typing import Final

from chassis.redaction.name_tables import (
    AMBIGUOUS_SURNAMES,
    COMMON_GIVEN,
    COMPOUND_SURNAMES,
    GIVEN,
    HAN,
    PARTS,
    PLAIN_SURNAMES,
    RARE_SURNAMES,
    ROMANISED_PARTS,
    ROMANISED_SURNAMES,
    SURNAMES,
    TRANSCRIBED,
)

DOTS: Final = "·•‧・･∙⋅●"
SURE_MASK: Final = "*＊×✕○●某"
_MASK = "*＊×✕○●〇某XxＸ"

# Compound surnames that are nothing else.
_PLAIN_COMPOUNDS = "|".join(each for each in COMPOUND_SURNAMES.split("|") if each not in AMBIGUOUS_SURNAMES.split("|"))
# Names without a surname. One part is a name only behind a sure sign.
_LONG_PARTS = "|".join(each for each in PARTS.split("|") if len(each) > 2)
# The first two characters are compared before many words are.
_A_PART = (
    f"(?=[{''.join(sorted({each[0] for each in PARTS.split('|')}))}]"
    f"[{''.join(sorted({each[1] for each in PARTS.split('|')}))}])"
)
_NEXT_PART = rf"[.\s]?[{HAN}]?(?:{PARTS})"
_WITHOUT_SURNAME = rf"{_A_PART}(?:(?:{_LONG_PARTS})(?:{_NEXT_PART}){{0,3}}|(?:{PARTS})(?:{_NEXT_PART}){{1,3}})"
_WITH_A_PART = rf"(?=[{HAN}]{{0,4}}(?:{PARTS}))[{TRANSCRIBED}]{{2,12}}"

DOTTED: Final = (
    rf"[{TRANSCRIBED}](?:[{TRANSCRIBED}]{{0,5}}(?:[{DOTS}][{TRANSCRIBED}]{{1,8}}){{1,2}}|"
    rf"[{TRANSCRIBED}]{{1,5}}\.[{TRANSCRIBED}]{{2,8}})"
)
"""A name of another language, with a dot between its parts."""

APART: Final = (
    rf"[{SURNAMES}](?<![{HAN}A-Za-z0-9].)(?P<between>[ ·•‧・./|_\-])(?:[{GIVEN}](?P=between))?[{GIVEN}]"
    rf"(?![{HAN}A-Za-z0-9])(?!(?P=between)[{HAN}](?![{HAN}]))"
)
"""A name whose characters are separated by one sign."""

# Names in Latin letters.
_NO_LATIN_NAME = (
    "(?!QQ|APP|VIP|ID|WIFI|SIM|ETC|POS|ATM|PLUS|PRO|App|Plus|Pro|Max|Hi|Hello|Dear|Mac|Air|Apple|Google|"
    "Duang|Happy|New|Good|Hot|The|Your)"
)
_LATIN_WORD = "[A-Z][a-z]{1,15}"
_LATIN_NAME = (
    rf"{_NO_LATIN_NAME}(?:{_LATIN_WORD}(?:[ ·./-][A-Z][A-Za-z]{{0,15}}){{0,2}}"
    rf"|[A-Z]{{2,15}}(?:[ ·./-][A-Z]{{2,15}}){{1,2}}"
    rf"|[A-Z]\. ?{_LATIN_WORD})(?! ?[a-z0-9]|[A-Z])"
)
_READERS_IN_ENGLISH = "Customer|Sir|Madam|Valued|User|Client|Member|Friend|All|Parent|Student|Guest|Team|Colleague"
GREETED: Final = (
    rf"(?:Dear|DEAR|M(?:r|rs|s)\.?|Miss) (?!{_READERS_IN_ENGLISH})(?P<name>[A-Z][A-Za-z]{{1,15}}"
    rf"(?:[ -][A-Za-z][A-Za-z]{{1,15}}){{0,3}})(?=\s?[,.:;!，：！。]|\s?$|\s?[{HAN}])"
)
"""An English greeting and the name behind it."""
_GIVEN_IN_LATIN = "[A-Z][a-z]{1,11}(?:[ '-]?[a-z]{2,5})?"

ROMANISED: Final = (
    rf"(?:{ROMANISED_SURNAMES})\s?[ ,-]\s?{_GIVEN_IN_LATIN}(?![A-Za-z]|〈姓)"
    rf"|(?:{ROMANISED_SURNAMES.upper()})\s?[ ,-]\s?(?:[A-Z]{{2,12}}|{_GIVEN_IN_LATIN})(?![A-Za-z]|〈姓)"
    rf"|(?:{ROMANISED_PARTS}) {_LATIN_WORD}(?![A-Za-z]|〈姓)|"
    rf"{_NO_LATIN_NAME}(?<![A-Za-z] )(?<![A-Za-z])[A-Z](?:\. ?|[a-z]{{1,15}} ){_LATIN_WORD}(?! ?[A-Za-z]|〈姓)"
)
"""A Chinese name in Latin letters, or two words with capitals. Nothing of a word stands before it."""

_GIVEN_NAME = f"(?:[{GIVEN}]{{1,2}}|[{COMMON_GIVEN}][{GIVEN}]|[{GIVEN}][{COMMON_GIVEN}])"
GOOD: Final = (
    rf"[{SURNAMES}](?:[{SURNAMES}]?{_GIVEN_NAME}|[\s\-][{HAN}]{{1,2}}|[{_MASK}]{{1,3}}[{HAN}]?|[{HAN}][{_MASK}]"
    rf"|[A-Z][a-z]{{2,12}})"
    rf"|(?:{AMBIGUOUS_SURNAMES})[{GIVEN}]{{1,2}}|(?:{_PLAIN_COMPOUNDS})(?:[{HAN}]{{1,2}}|[{_MASK}]{{1,3}}|"
    rf"[{HAN}][{_MASK}]|[{_MASK}][{HAN}])"
    rf"|[{SURE_MASK}]{{1,2}}[{HAN}]{{1,2}}|{_LATIN_NAME}|{_WITHOUT_SURNAME}"
)
"""A name that needs a sign on one side."""

ANY: Final = rf"{GOOD}|[{PLAIN_SURNAMES}][{HAN}]{{1,2}}"
"""A name that needs a sure sign on one side, or a sign on both."""

_FIRST = "".join(
    dict.fromkeys(f"{SURNAMES}{SURE_MASK}A-Z{''.join(each[0] for each in f'{COMPOUND_SURNAMES}|{PARTS}'.split('|'))}")
)
BEGINS: Final = f"(?=[{_FIRST}])"
"""Where most names begin."""

FIRST_BETWEEN_SIGNS: Final = f"[{RARE_SURNAMES}{_FIRST}]"
"""The first character of a name between sure signs."""

BETWEEN_SIGNS: Final = (
    rf"(?={FIRST_BETWEEN_SIGNS})(?:{GOOD}|(?:{AMBIGUOUS_SURNAMES})[{HAN}]{{1,2}}|"
    rf"[{SURNAMES}{RARE_SURNAMES}][{HAN}]{{1,2}}|{_WITH_A_PART})"
)
"""A name that needs a sure sign on both sides, and does not begin like a word."""

# Before a title, and what is one only before a title that no thing has.
_TITLED = (
    rf"(?:{COMPOUND_SURNAMES})[{HAN}*]{{0,2}}|[{PLAIN_SURNAMES}][{SURNAMES}]?{_GIVEN_NAME}|"
    rf"{_WITHOUT_SURNAME}|{_LATIN_NAME} ?"
    rf"|[{SURNAMES}{SURE_MASK}][{_MASK}{HAN}]?[{_MASK}]{{1,2}}|[{SURNAMES}]?[{_MASK}]{{1,2}}[{HAN}]"
)
_TOP_SURNAMES = PLAIN_SURNAMES[:60]
BEFORE_TITLE: Final = rf"{BEGINS}(?:{_TITLED}|[{PLAIN_SURNAMES}]|[{SURNAMES}](?<![{HAN}].)[{GIVEN}]?)\Z"
BEFORE_SURE_TITLE: Final = (
    rf"{BEGINS}(?:{_TITLED}|[{PLAIN_SURNAMES}][{HAN}]?(?![{_TOP_SURNAMES}])[{HAN}]|[{SURNAMES}][{GIVEN}]?)\Z"
)

UNSIGNED: Final = rf"(?:{_PLAIN_COMPOUNDS})(?:[{GIVEN}]{{1,2}}|[{_MASK}]{{1,2}})|{_WITHOUT_SURNAME}"
"""A name that needs no sign."""
_BEGINNINGS = "|".join(sorted({each[:2] for each in f"{_PLAIN_COMPOUNDS}|{PARTS}".split("|")}))
UNSIGNED_BEGINNINGS: Final = f"[{_BEGINNINGS[::3]}][{_BEGINNINGS[1::3]}](?<={_BEGINNINGS})"
"""Where it may begin: found in a tenth of the time."""
