"""What a name of a person looks like: fragments of patterns, from the surest shape to the one that needs the surest sign.

A name is a surname with one or two further characters, two or more parts of another language, or a part of it with a
mask for the rest.
"""

from __future__ import annotations

from typing import Final

from chassis.redaction.name_tables import (
    AMBIGUOUS_SURNAMES,
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
MASK: Final = "*＊×✕○●〇某XxＸ"

PLAIN_COMPOUNDS: Final = "|".join(
    each for each in COMPOUND_SURNAMES.split("|") if each not in AMBIGUOUS_SURNAMES.split("|")
)
"""Compound surnames that are nothing else."""

# Names without a surname. One part is a name only behind a sure sign.
_LONG_PARTS = "|".join(each for each in PARTS.split("|") if len(each) > 2)
WITHOUT_SURNAME: Final = (
    rf"(?:(?:{_LONG_PARTS})(?:[.\s]?[{HAN}]?(?:{PARTS})){{0,3}}|(?:{PARTS})(?:[.\s]?[{HAN}]?(?:{PARTS})){{1,3}})"
)
_WITH_A_PART = rf"(?=[{HAN}]{{0,4}}(?:{PARTS}))[{TRANSCRIBED}]{{2,12}}"
DOTTED: Final = (
    rf"[{TRANSCRIBED}](?:[{TRANSCRIBED}]{{0,5}}(?:[{DOTS}][{TRANSCRIBED}]{{1,8}}){{1,2}}|"
    rf"[{TRANSCRIBED}]{{1,5}}\.[{TRANSCRIBED}]{{2,8}})"
)
APART: Final = (
    rf"[{SURNAMES}](?<![{HAN}A-Za-z0-9].)(?P<between>[ ·•‧・./|_\-])(?:[{GIVEN}](?P=between))?[{GIVEN}]"
    rf"(?![{HAN}A-Za-z0-9])(?!(?P=between)[{HAN}](?![{HAN}]))"
)
"""A name whose characters are separated by one sign."""

# Names in Latin letters.
NO_LATIN_NAME: Final = (
    "(?!QQ|APP|VIP|ID|WIFI|SIM|ETC|POS|ATM|PLUS|PRO|App|Plus|Pro|Max|Hi|Hello|Dear|Mac|Air|Apple|Google|"
    "Duang|Happy|New|Good|Hot|The|Your)"
)
LATIN_WORD: Final = "[A-Z][a-z]{1,15}"
_LATIN_NAME = (
    rf"{NO_LATIN_NAME}(?:{LATIN_WORD}(?:[ ·./-][A-Z][A-Za-z]{{0,15}}){{0,2}}"
    rf"|[A-Z]{{2,15}}(?:[ ·./-][A-Z]{{2,15}}){{1,2}}"
    rf"|[A-Z]\. ?{LATIN_WORD})(?! ?[a-z0-9]|[A-Z])"
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
    rf"|(?:{ROMANISED_PARTS}) {LATIN_WORD}(?![A-Za-z]|〈姓)|"
    rf"{NO_LATIN_NAME}(?<![A-Za-z] )(?<![A-Za-z])[A-Z](?:\. ?|[a-z]{{1,15}} ){LATIN_WORD}(?! ?[A-Za-z]|〈姓)"
)

# A name that needs a sign on one side.
GOOD: Final = (
    rf"[{SURNAMES}](?:[{SURNAMES}]?[{GIVEN}]{{1,2}}|[\s\-][{HAN}]{{1,2}}|[{MASK}]{{1,3}}[{HAN}]?|[{HAN}][{MASK}]"
    rf"|[A-Z][a-z]{{2,12}})"
    rf"|(?:{AMBIGUOUS_SURNAMES})[{GIVEN}]{{1,2}}|(?:{PLAIN_COMPOUNDS})(?:[{HAN}]{{1,2}}|[{MASK}]{{1,3}}|"
    rf"[{HAN}][{MASK}]|[{MASK}][{HAN}])"
    rf"|[{SURE_MASK}]{{1,2}}[{HAN}]{{1,2}}|{_LATIN_NAME}|{WITHOUT_SURNAME}"
)
# A name that needs a sure sign on one side, or a sign on both.
ANY: Final = rf"{GOOD}|[{PLAIN_SURNAMES}][{HAN}]{{1,2}}"
BETWEEN_SIGNS: Final = (
    rf"{GOOD}|(?:{AMBIGUOUS_SURNAMES})[{HAN}]{{1,2}}|[{SURNAMES}{RARE_SURNAMES}][{HAN}]{{1,2}}|{_WITH_A_PART}"
)
"""A name that needs a sign on both sides."""

BEGINS: Final = (
    rf"(?=[{SURNAMES}{SURE_MASK}A-Z"
    f"{''.join(dict.fromkeys(each[0] for each in f'{COMPOUND_SURNAMES}|{PARTS}'.split('|')))}])"
)
"""Where a name may begin."""

# Before a title.
TITLED: Final = (
    rf"(?:{COMPOUND_SURNAMES})[{HAN}*]{{0,2}}|[{PLAIN_SURNAMES}][{SURNAMES}]?[{GIVEN}]{{1,2}}|"
    rf"{WITHOUT_SURNAME}|{_LATIN_NAME} ?"
    rf"|[{SURNAMES}{SURE_MASK}][{MASK}{HAN}]?[{MASK}]{{1,2}}|[{SURNAMES}]?[{MASK}]{{1,2}}[{HAN}]"
)
