"""Names of persons: where they stand in a message, and what replaces them.

A name needs a sign of one, because words begin with the characters of surnames too: a title, a greeting, a label or a
role before it, what a person does or has behind it, or that all its characters are those of names. The weaker the sign
is, the more the name must look like one, and no word of a table may begin with its first two characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

from chassis.redaction import name_shapes as shapes
from chassis.redaction.name_tables import (
    COMPOUND_SURNAMES,
    GIVEN,
    HAN,
    PARTS,
    PLAIN_SURNAMES,
    SURNAMES,
)
from chassis.redaction.name_words import WORDS, WORDS_BEGINNING, WORDS_ENDING

NAME: Final = "〈姓名〉"

# Surnames that are in many words.
_GIVEN = frozenset(GIVEN)
_COMPOUNDS = frozenset(COMPOUND_SURNAMES.split("|"))
_WORDY = "家路区员项种费包满越和商广公都国司管车向"
_TOP_SURNAMES = PLAIN_SURNAMES[:60]

# Signs behind a name: titles, and what is said to or about a person.
_SURE_TITLES = frozenset(["先生", "女士", "小姐", "太太"])
# What they are behind is a trade too: a fund's manager.
_TRADES = frozenset(["经理", "老师", "律师", "医生", "主任", "顾问", "专员", "教练", "护士", "店长", "主管", "总监", "老板"])
_TITLES = (
    "先生|女士|小姐|太太|同学|老师|经理|律师|法官|警官|医生|主任|顾问|专员|师傅|家长|同志|阿姨|叔叔|妈妈|"
    "爸爸|奶奶|爷爷|教授|护士|民警|店长"
    "|校长|院长|大夫|教练|老板|小朋友|宝宝|大哥|大姐|大爷|大妈|书记|班长|队长|组长|村长|主管|总监|老人"
)
_ALL_TITLES = frozenset(_TITLES.split("|"))
_OWNED = (
    "快递|包裹|快件|订单|外卖|货物|邮件|退件|洗衣|爱车|房屋|保单|账户|手机|公积金|社保|医保|养老|"
    "欠款|借款|贷款|债务|账单|家属|家长|家人|妈妈|爸爸|母亲|父亲|孩子|儿子|女儿|老公|老婆|丈夫|妻子|同事|亲友|亲戚"
)
_IDENTIFIED = r"\s?(?:〈号码〉|〈编码〉|身份证|证件|手机|电话|尾号|加?\d{1,3}床|\d{2}岁|[男女][,，)）])"
# One of many words is found fast where each begins with one character.
_SIGN_BEHIND = "|".join(
    (
        _TITLES,
        "您好|你好",
        rf"的(?=[{HAN}]{{0,3}}(?:{_OWNED}))",
        *(rf"{each}(?={_IDENTIFIED})" for each in (r"\(", "（")),
        *(rf"{each}\s?(?=[您你他她]|请[您你于务速尽])" for each in ",，:：!！"),
    )
)
_LONGEST, _LONGEST_LATIN = 6, 24
_LONGEST_WITH_SURNAME = 3
_LONGEST_SIGNATURE = 12

# Signs before a name: roles and labels, what is done to a person, and characters with which words for these end.
_READERS = "客户|用户|顾客|会员|业主|车主|家长|学员|旅客|乘客|朋友"
_LABELS = (
    "姓名|户名|机主|业主|车主|户主|患者|原告|被告|乘客|旅客|司机|骑手|递员|件员|送员|亲属|邻居|嘉宾|考生|学生|住户|租客"
    "|房东|店长|队长|组长|领队|导游|技师|主播|抬头|署名|作者|经办|主任|经理|专员|顾问|校友|储户|股东|学员|病人|产妇"
)
_DONE = "转告|告知|告诉|通知|联系|恭喜|祝贺|感谢|邀请|提醒|督促|转达|转交|寻找|我是|我叫|名叫|认识|找到|委托"
_LABELLED = f"(?:{_LABELS}|{_DONE}|[件款系诉保理告责办贷本证请益法卡护承租]人)"
_ROLE_ENDS = (
    "郎娘姥嫂伯侄孙辈童徒人员生师户友长工客主方妈爸哥姐弟妹者居属机手宾婆爷奶姨叔舅孩娃董总导护同伴侣夫妻儿女子家"
)
# What is done to a person.
_CALLS = "代替找约叫喊问祝贺喜谢"
_BEFORE = "贺祝致询问替及或嗨亲恭贵陪护感歉好由给请知告系喜谢迎醒邀代帮是叫名为和与及让找催对跟被把的送接陪们"
# What stands behind a name: no character of a name, or what a person does or has. A name that is replaced is no sign of
# the next one: redacting twice would change more.
_THINGS = "(?:快递|包裹|快件|订单|外卖|货物|邮件|退件|洗衣|爱车|房屋|保单|账户|手机)"
_ACTS = (
    f"{_TITLES}|[您你]|的{_THINGS}|生日|邀请|正在|本人|名下|一家|预约|代收|签收|尽快|驾驶|为您|给您|向您|"
    f"拒接|电话|手机|快来|申请|报名|预订|购买|注册|请[您你于务速尽]"
)
_STRONG = rf"(?=(?:[,，:：!！]?\s?(?:{_ACTS}))|[/])"
_BEHIND = (
    rf"(?!〈姓)(?=$|[^{HAN}*]|"
    rf"[您你已将获收来刚今明昨等的在于与和户给向因为请从到有被让正现曾也都就还又没说想要发寄住同及]|"
    rf"{_ACTS})"
)

_ADDRESSED = r"(?=[\s,，:：!！。]|$|[您你])"
_ENDS = rf"(?=$|[^\w*]|[您你他她]|{_ACTS})"
_LABELLED_ENDS = "".join(sorted({each[-1] for each in f"{_LABELS}|{_DONE}|人".split("|")}))

# A sign without which there is no match, and the pattern of a name behind or between signs.
_RULES: Final = (
    # A reader who is addressed.
    (
        "的",
        (
            rf"(?:尊敬|亲爱|敬爱|尊贵)的(?!{_READERS}){shapes.BEGINS}(?P<name>{shapes.ANY})(?={_ADDRESSED}|{_TITLES}|"
            rf"{_READERS})"
        ),
    ),
    # A label.
    ("", rf"[:：](?:(?<=人.)|(?<=(?:{_LABELS}).))\s{{0,2}}(?P<name>{shapes.GOOD}|[{HAN}*]{{2,4}})"),
    # Behind a signature or a role, before an act or a sign of one.
    (
        "",
        rf"[】\]〕/]{shapes.BEGINS}(?P<name>{shapes.ANY}|[{SURNAMES}][{HAN}]{{1,2}}(?=[,，:：!！]\s?[您你])){_STRONG}",
    ),
    (
        "",
        (
            rf"(?:[{_ROLE_ENDS}{_BEFORE}][:：,，]?\s{{0,2}}|[】\]〕](?![A-Z])){shapes.BEGINS}"
            rf"(?P<name>{shapes.GOOD}){_BEHIND}"
        ),
    ),
    # Between what is no Chinese character and a sign.
    (
        "",
        (
            rf"(?P<name>[{SURNAMES}](?<![{HAN}A-Za-z0-9【\[〔「].)(?<!姓名〉.)[{SURNAMES}]?[{GIVEN}]{{1,2}})"
            rf"{_BEHIND}"
        ),
    ),
)
# The same, for names that a word may look like.
_RULES_BESIDE_WORDS: Final = (
    ("的", rf"(?:尊敬|亲爱|敬爱|尊贵)的(?!{_READERS})(?P<name>{shapes.BETWEEN_SIGNS}){_ADDRESSED}"),
    (
        "",
        (
            rf"[{_LABELLED_ENDS}](?<={_LABELLED})"
            rf"[:：,，]?\s{{0,2}}(?P<name>{shapes.BETWEEN_SIGNS}){_ENDS}"
        ),
    ),
    # A verb that begins a clause.
    ("", rf"[请由让找](?<!\w.)\s?(?P<name>{shapes.BETWEEN_SIGNS}){_ENDS}"),
)

_BEHIND_A_ROLE = rf"(?:(?<=[{_ROLE_ENDS}{_CALLS}].)|(?<=(?:房东|老乡|老公|外公|阿公).))"
# All characters are those of names.
_UNMARKED = (
    rf"[{PLAIN_SURNAMES}](?:[{GIVEN}]{{2}}|[{PLAIN_SURNAMES}][{GIVEN}]{{2}}|[{shapes.SURE_MASK}]{{1,2}}[{GIVEN}]?"
    rf"|(?:(?<=[】\]〕/].)|{_BEHIND_A_ROLE})[{GIVEN}]|[{GIVEN}]{_BEHIND}|"
    rf"[ 　\-][{GIVEN}]{{1,2}}(?:(?![{HAN}])|{_BEHIND}))"
    rf"|[{SURNAMES}](?:{_BEHIND_A_ROLE}[{GIVEN}]{{2}}|(?<![{_WORDY}])[{GIVEN}]{{2}}{_BEHIND})"
    rf"|[{shapes.SURE_MASK}](?<![A-Za-z0-9*].)[{shapes.SURE_MASK}]?(?:[{GIVEN}]{{2}}|(?<![{HAN}].)[{GIVEN}]){_BEHIND}"
)
_BEGINNINGS = "|".join(sorted({each[:2] for each in f"{shapes.PLAIN_COMPOUNDS}|{PARTS}".split("|")}))

_Search = Callable[..., re.Match[str] | None]
_Match = Callable[..., re.Match[str] | None]
_Sub = Callable[..., str]


class _Patterns(NamedTuple):
    """The patterns, compiled."""

    has_chinese: _Search
    has_latin: _Search
    has_dot: _Search
    has_separated: _Search
    dotted: _Sub
    apart: _Sub
    greeted: _Sub
    capital: _Search
    romanised: _Match
    beginning: _Search
    unsigned: _Match
    sign_behind: re.Pattern[str]
    before_sure_title: _Search
    before_title: _Search
    between_signs: _Search
    rules: tuple[tuple[str, _Sub], ...]
    rules_beside_words: tuple[tuple[str, _Sub], ...]
    unmarked: _Search


@cache
def _patterns() -> _Patterns:
    """Compiled by the first process that redacts: most processes of a service never do."""
    return _Patterns(
        has_chinese=re.compile(f"[{HAN}]").search,
        has_latin=re.compile("[A-Z][A-Za-z]").search,
        has_dot=re.compile(f"[{shapes.DOTS}.]").search,
        has_separated=re.compile(rf"[ ·•‧・./|_\-](?<=[{HAN}].)[{HAN}](?:[ ·•‧・./|_\-]|(?![{HAN}]))").search,
        dotted=re.compile(shapes.DOTTED).sub,
        apart=re.compile(shapes.APART).sub,
        greeted=re.compile(shapes.GREETED).sub,
        capital=re.compile("[A-Z](?<![A-Za-z].)[A-Za-z.]").search,
        romanised=re.compile(shapes.ROMANISED).match,
        beginning=re.compile(f"[{_BEGINNINGS[::3]}][{_BEGINNINGS[1::3]}](?<={_BEGINNINGS})").search,
        unsigned=re.compile(
            rf"(?:{shapes.PLAIN_COMPOUNDS})(?:[{GIVEN}]{{1,2}}|[{shapes.MASK}]{{1,2}})|{shapes.WITHOUT_SURNAME}"
        ).match,
        sign_behind=re.compile(_SIGN_BEHIND),
        before_sure_title=re.compile(
            rf"{shapes.BEGINS}(?:{shapes.TITLED}|[{PLAIN_SURNAMES}][{HAN}]?(?![{_TOP_SURNAMES}])[{HAN}]|"
            rf"[{SURNAMES}][{GIVEN}]?)\Z"
        ).search,
        before_title=re.compile(
            rf"{shapes.BEGINS}(?:{shapes.TITLED}|[{PLAIN_SURNAMES}]|[{SURNAMES}](?<![{HAN}].)[{GIVEN}]?)\Z"
        ).search,
        between_signs=re.compile(
            rf"[\W{_LABELLED_ENDS}](?:(?<![\w*〉])|(?<={_LABELLED}))(?P<name>{shapes.BETWEEN_SIGNS})\Z"
        ).search,
        rules=tuple((sign, re.compile(pattern).sub) for sign, pattern in _RULES),
        rules_beside_words=tuple((sign, re.compile(pattern).sub) for sign, pattern in _RULES_BESIDE_WORDS),
        unmarked=re.compile(_UNMARKED).search,
    )


def cut(text: str) -> str:
    """The text with a placeholder for each name of a person. It begins with `】`, as behind a signature.

    A text without a Chinese character is an error, a log line, a reason of staff or a letter in English: its capital
    letters begin words, so only a greeting is a sign.
    """
    patterns = _patterns()
    has_latin = patterns.has_latin(text)
    if has_latin:
        text = patterns.greeted(_cut, text)
    if not patterns.has_chinese(text):
        return text
    if patterns.has_dot(text):
        text = patterns.dotted(NAME, text)
    if patterns.has_separated(text):
        text = patterns.apart(NAME, text)
    text = _without_signed(text, patterns)
    for sign, sub in patterns.rules:
        if sign in text:
            text = sub(_cut, text)
    for sign, sub in patterns.rules_beside_words:
        if sign in text:
            text = sub(_cut_unless_a_word, text)
    text = _without_unmarked(text, patterns.unmarked)
    if has_latin:
        text = _without(text, patterns.capital, patterns.romanised)
    return _without(text, patterns.beginning, patterns.unsigned)


def _without(text: str, begin: _Search, name: _Match) -> str:
    """Without each name, which is only compared where `begin` is found: that takes a tenth of the time."""
    parts: list[str] = []
    kept = place = 0
    while found := begin(text, place):
        place = found.start() + 1
        if matched := name(text, found.start()):
            parts += text[kept : found.start()], NAME
            kept = place = matched.end()
    return "".join((*parts, text[kept:])) if parts else text


def _without_signed(text: str, patterns: _Patterns) -> str:
    parts: list[str] = []
    kept = 0
    for sign in patterns.sign_behind.finditer(text):
        start = sign.start()
        name = _before(sign, kept, patterns)
        if name is not None:
            parts += text[kept:name], NAME
            kept = start
    return "".join((*parts, text[kept:])) if parts else text


def _before(sign: re.Match[str], kept: int, patterns: _Patterns) -> int | None:
    """Where the name before a sign begins, behind `kept`."""
    text, start = sign.string, sign.start()
    longest = _LONGEST_LATIN if text[start - 1].isascii() else _LONGEST
    if sign[0] in _ALL_TITLES:
        search = patterns.before_sure_title if sign[0] in _SURE_TITLES else patterns.before_title
        found = search(text, max(kept, start - longest), start)
        if found and _is_name(text, *found.span()):
            return found.start()
        if sign[0] in _TRADES:
            return None
    found = patterns.between_signs(text, max(kept, start - longest - 1), start)
    if not found or _is_word(text, *found.span("name")) or not _is_name(text, *found.span("name")):
        return None
    return found.start("name")


def _cut(found: re.Match[str]) -> str:
    start, end = found.span("name")
    if not _is_name(found.string, start, end):
        return found[0]
    return found.string[found.start() : start] + NAME + found.string[end : found.end()]


def _cut_unless_a_word(found: re.Match[str]) -> str:
    return found[0] if _is_word(found.string, *found.span("name")) else _cut(found)


def _without_unmarked(text: str, search: _Search) -> str:
    parts: list[str] = []
    kept = place = 0
    while found := search(text, place):
        start, end = found.span()
        if _is_between_words(text, start, end):
            parts += text[kept:start], NAME
            kept = place = end
        else:
            # A word that looks like a name may end with a surname.
            place = start + 1
    return "".join((*parts, text[kept:])) if parts else text


def _is_between_words(text: str, start: int, end: int) -> bool:
    overlapping = [text[place : place + 2] for place in range(start - 1, end)]
    return WORDS.isdisjoint(overlapping) and WORDS_ENDING.isdisjoint(overlapping) and _is_name(text, start, end)


def _is_word(text: str, start: int, end: int) -> bool:
    """Whether what could be a name begins with a word, and has other characters than those of names."""
    beginning = text[start : start + 2]
    return (
        beginning in WORDS_BEGINNING
        and beginning not in _COMPOUNDS
        and end - start <= _LONGEST_WITH_SURNAME
        and not _GIVEN.issuperset(text[start + 1 : end])
    )


def _is_name(text: str, start: int, end: int) -> bool:
    """Whether a name neither begins like a word nor stands in a signature."""
    if text[start : start + 2] in WORDS:
        return False
    closing = text.find("】", end, end + _LONGEST_SIGNATURE)
    return closing < 0 or text.find("【", end, closing) >= 0
