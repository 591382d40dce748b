"""Redaction: removes from a text what identifies the recipient of a message: numbers, links, addresses, accounts, codes
and names.

It rather removes too much: a firm that compares a text with its delivery log must not be able to identify the citizen
who complained. What an offer states remains (amounts, counts, hours, days), and so do the words that make a message an
offer, a threat or a lure. Every repetition in the patterns is bounded, so that the time is proportional to the length
of the text.
"""

from __future__ import annotations

import re
import string
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache, reduce
from operator import or_
from typing import NamedTuple

from chassis import characters
from chassis.escapes import unescaped
from chassis.redaction import amounts, names
from chassis.redaction.names import HAN
from chassis.redaction.places import ADDRESS_PATTERN, AREA_ENDS, HOUSE_PATTERN

NUMBER = "〈号码〉"
LINK = "〈链接〉"
EMAIL = "〈邮箱〉"
ACCOUNT = "〈账号〉"
CODE = "〈编码〉"
NAME = "〈姓名〉"
ADDRESS = "〈地址〉"

# Between the digits of a number: any symbol, but no sentence mark or currency, so that amounts remain.
_BETWEEN = r"(?:[^\w，。、；;！!？¥￥$€£%‰〈〉【】]|_)"
# Between the digits of a number that is written apart: also sentence marks.
_WIDE = r"(?:[^\w〈〉【】]|_)"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
_NUMERALS = "零〇一二三四五六七八九幺壹贰貳叁參肆伍陆陸柒捌玖"
_TOP_LEVELS = (
    "com|cn|net|org|top|xyz|cc|vip|club|shop|site|info|me|tv|io|ltd|example|test|link|fun|work|icu|pw|co|app|wang"
    "|ink|ren"
)
_TOP_LEVEL = "|".join(r"\s?".join(each) for each in _TOP_LEVELS.split("|"))
_DOT = r"\s?(?:[\[(（][.点][\])）]|点|dot|DOT|[.。．｡·丶﹒])\s?"
_LABEL = r"[A-Za-z0-9\-]{1,63}(?:\s[A-Za-z0-9\-]){0,30}"
_HOST = rf"{_LABEL}(?:{_DOT}{_LABEL}){{0,4}}"
_URL = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+;=%]"

_ACCOUNT_WORD = (
    r"(?:加薇|[vV]信搜?|登录名|QQ群?|扣扣|企鹅号?|微信公众号|微信群?号?|薇信|威信|(?:[vV][xX信]|[wW][xX]|[tT][gG])(?<![A-Za-z]..)(?![A-Za-z])|加[vV]"
    r"|[vV](?=[:：])|[tT]elegram|[wW]hats[aA]pp|纸飞机|电报|钉钉|抖音号?|公众号|群号|账号|帐号|账户|用户名|ID(?=[:：]))"
)
_CODE_WORD = (
    "(?:授权码|提取码|识别码|开锁码|门锁|口令码|取餐码|柜门码|订单|单号|运单|取件码|取货码|提货码|验证码|校验码|动态码|激活码|兑换码|邀请码|优惠码|密码|口令|编号|编码|流水|合同|工单|案号"
    "|证号|保单|学号|工号|车牌)(?:号码|号)?"
)

_LETTERS = frozenset(string.ascii_letters)
_ALPHANUMERIC = _LETTERS | frozenset(string.digits)
_CODED = _ALPHANUMERIC | {"-"}

_ACCOUNT_WITH_WORD = (
    rf"({_ACCOUNT_WORD}[\s:：是为加号群\-]{{0,4}})"
    rf"(?:[A-Za-z0-9_][A-Za-z0-9_\-]{{2,40}}(?:{_BETWEEN}{{1,2}}\d){{0,12}}|[{HAN}]{{2,6}}_?\d{{1,6}}(?![{HAN}\d]))"
)
_SPELT_HOST = (
    rf"{_HOST}{_DOT}(?:{_TOP_LEVEL})(?![A-Za-z])(?:{_DOT}(?:{_TOP_LEVEL})(?![A-Za-z]))?"
    rf"(?:\s?[/?#:]\s?{_URL}{{0,2000}}(?:\s[A-Za-z0-9](?![A-Za-z0-9])){{0,60}})?"
)
_MIXED_CODE = (
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{0,20}[a-z])(?=[A-Za-z0-9]{0,20}[A-Z])(?=[A-Za-z]{0,20}[0-9])"
    r"[A-Za-z0-9]{8,20}(?![A-Za-z0-9])"
)
_SPELT_NUMBER = (
    rf"(?<![A-Za-z0-9])[\d{_NUMERALS}](?:{_WIDE}{{0,4}}[\d{_NUMERALS}*●]){{6,}}(?![A-Za-z0-9])"
    rf"(?:转[\d{_NUMERALS}]{{1,6}})?"
)
_CODE_WITH_SIGNS = (
    r"(?<![A-Za-z0-9])(?=[^\s]{0,20}[A-Za-z])(?=[^\s]{0,20}[0-9])(?=[^\s]{0,20}[@#$%^&*!+])"
    r"[A-Za-z0-9@#$%^&*_!+\-]{6,24}"
)


class _Cut(NamedTuple):
    """A pattern and its replacement. A text without a character of each set in `needs` (their bits), or without a match
    of `first`, cannot match: these checks take a fraction of the time of a search."""

    pattern: re.Pattern[str]
    replacement: str | Callable[[re.Match[str]], str]
    needs: int
    first: re.Pattern[str] | None = None


def _unless_a_word(kept: str) -> Callable[[re.Match[str]], str]:
    """Replaces a name, except where it is a word that begins like one."""
    replacement = kept.replace(r"\1", "{}") + NAME

    def replace(found: re.Match[str]) -> str:
        groups = found.re.groupindex
        name = found["name"] if "name" in groups else found[0]
        if name is not None and name[:2] in names.WORDS:
            return found[0]
        return replacement.format(found[1] if kept else "")

    return replace


_PATTERNS: tuple[tuple[str, str, Sequence[Iterable[str]]], ...] = (
    (r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,8}", EMAIL, ("@", ".")),
    (
        rf"(?:[hH](?:[tT]{{2}}|[xX]{{2}})[pP][sS]?[:：]?[/\\]{{1,2}}|[wW]{{3}}\.){_URL}{{1,2000}}",
        LINK,
        ("/.\\", "hHwW"),
    ),
    (
        rf"(?:[A-Za-z0-9\-]{{1,63}}[.。]){{1,8}}[A-Za-z]{{2,24}}(?![A-Za-z])(?:[/?#:]{_URL}{{0,2000}})?",
        LINK,
        (".。", _LETTERS),
    ),
    (
        _SPELT_HOST,
        LINK,
        (".。．｡·丶﹒点oO", _LETTERS),
    ),
    (rf"(?<![\d.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d{{1,5}})?(?:/{_URL}{{0,2000}})?", LINK, (".",)),
    (
        rf"[A-Za-z0-9{HAN}\-]{{1,20}}\.(?:中国|公司|网络|网址|商城|集团|在线)(?:/{_URL}{{0,2000}})?",
        LINK,
        (".", "中公网商集在"),
    ),
    (
        _ACCOUNT_WITH_WORD,
        rf"\1{ACCOUNT}",
        ("QqIvVwWtT扣企微薇威飞电报钉抖公群账帐用登", _ALPHANUMERIC | {"_"}),
    ),
    (
        rf"({_CODE_WORD}[\s:：是为(（\[]{{0,3}})[A-Za-z0-9][A-Za-z0-9\-.@#$%^&*_!+]{{2,40}}",
        rf"\1{CODE}",
        ("单码令编流合案证学工牌", _ALPHANUMERIC),
    ),
    (r"((?:尾号|卡号|房号|门牌)[\s:：是为]{0,3})[A-Za-z0-9\-]{1,40}", rf"\1{CODE}", ("尾卡房牌", _CODED)),
    (
        r"(?<![A-Za-z0-9])[A-Za-z0-9](?:\s[A-Za-z0-9]){3,60}(?![A-Za-z0-9])",
        CODE,
        (_ALPHANUMERIC, string.whitespace),
    ),
    (
        _MIXED_CODE,
        CODE,
        (string.ascii_lowercase, string.ascii_uppercase, string.digits),
    ),
    (
        _SPELT_NUMBER,
        NUMBER,
        (),
    ),
    (
        r"([￥¥₳€₤₴£$¢§¤])\s?[A-Za-z0-9]{5,20}\s?\1|(?<=[(（])[A-Za-z0-9]{8,20}(?=[)）])",
        CODE,
        (_ALPHANUMERIC,),
    ),
    (
        rf"[{_PROVINCES}][A-Za-z][\s·•.\-]{{0,3}}[A-Z0-9*]{{4,6}}[挂学警港澳]?(?![A-Za-z0-9])",
        CODE,
        (_PROVINCES, _LETTERS),
    ),
    (ADDRESS_PATTERN, ADDRESS, (AREA_ENDS,)),
    (
        r"(?<![A-Za-z0-9])(?=[0-9_\-]{0,40}[A-Za-z])(?=(?:[A-Za-z_\-]{0,40}[0-9]){2})[A-Za-z0-9_\-]{5,64}",
        CODE,
        (_LETTERS, string.digits),
    ),
    (
        _CODE_WITH_SIGNS,
        CODE,
        ("@#$%^&*!+", _LETTERS, string.digits),
    ),
    (rf"\d(?:{_BETWEEN}{{0,2}}[\d*]){{3,}}", NUMBER, ()),
    (f"[{_NUMERALS}]{{5,}}", NUMBER, (_NUMERALS,)),
    (r"\d{1,3}(?=号楼|栋|幢|单元|室)", NUMBER, ("楼栋幢元室",)),
)
"""Each pattern, its replacement, and the sets of characters that a text needs one of each to match."""


class _Cuts:
    """All cuts, in their order, and the bits of the characters."""

    def __init__(self) -> None:
        self._sets: dict[frozenset[str], int] = {}
        house = re.compile(HOUSE_PATTERN)
        self.cuts = [
            *(
                _Cut(re.compile(pattern), replacement, self._bits(needs), house if replacement == ADDRESS else None)
                for pattern, replacement, needs in _PATTERNS
            ),
            *(
                _Cut(re.compile(pattern), _unless_a_word(kept), self._bits(needs), re.compile(first) if first else None)
                for pattern, kept, needs, first in names.PATTERNS
            ),
        ]
        bits: dict[str, int] = defaultdict(int)
        for characters_of_set, bit in self._sets.items():
            for char in characters_of_set:
                bits[char] |= bit
        self.bits_of = bits.get

    def _bits(self, needs: Iterable[Iterable[str]]) -> int:
        """The bits of these sets, one for each."""
        return sum({self._sets.setdefault(frozenset(each), 1 << len(self._sets)) for each in needs})


@cache
def _cuts() -> _Cuts:
    """Compiled once, by the first process that redacts: most processes of a service never do, and it takes a tenth of
    their start."""
    return _Cuts()


def redact(text: str) -> str:
    """The text with everything that could identify its recipient replaced by a placeholder of its kind.

    Characters that are not seen are removed; letters and digits in another form (full-width, circled, escaped, of
    another script) become ordinary ones. Redacting twice changes nothing.
    """
    return amounts.show(_cut(amounts.hide(characters.plain(unescaped(text)))))


def _cut(text: str) -> str:
    # A name at the beginning of a text stands as one behind a signature.
    text = "】" + text
    # One number for all checks: a comparison of two sets per pattern would take most of the time.
    all_cuts = _cuts()
    present = reduce(or_, filter(None, set(map(all_cuts.bits_of, text))), 0)
    for pattern, replacement, needs, first in all_cuts.cuts:
        # Placeholders add no match for a later pattern: their text is enclosed in brackets.
        if present & needs == needs and (first is None or first.search(text)):
            text = pattern.sub(replacement, text)
    return text[1:]


def excerpt(text: str, length: int) -> str:
    """At most `length` characters of the redacted text, cut with an ellipsis and never within a placeholder."""
    # Text beyond the excerpt needs no redaction; the margin keeps a number at the border whole.
    redacted = redact(characters.visible(text)[: 16 * length + 256])
    if len(redacted) <= length:
        return redacted
    kept = redacted[: length - 1]
    if kept.rfind("〈") > kept.rfind("〉"):
        kept = kept[: kept.rfind("〈")]
    return kept + "…"
