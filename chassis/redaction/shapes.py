"""What identifies a recipient by its shape, or by the word before it: numbers, links, addresses, accounts and codes.

A search is fast where a pattern begins with a set of characters or with words: conditions on what stands before the
first character follow it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from chassis.redaction.name_tables import HAN
from chassis.redaction.places import ADDRESS_PATTERN, HOUSE_PATTERN

NUMBER: Final = "〈号码〉"
LINK: Final = "〈链接〉"
EMAIL: Final = "〈邮箱〉"
ACCOUNT: Final = "〈账号〉"
CODE: Final = "〈编码〉"
ADDRESS: Final = "〈地址〉"


class Shape(NamedTuple):
    """A pattern and its replacement. A text matches only if it has `sign`, what it `needs` of letters (A)
    and digits (1), and a match of `first`, which is found faster."""

    pattern: str
    replacement: str
    needs: str = ""
    sign: str = ""
    first: str = ""


# Between the digits of a number: any symbol, but no sentence mark or currency, so that amounts remain.
_BETWEEN = r"(?:[^\w，。、；;！!？¥￥$€£%‰〈〉【】]|_)"
# Between the digits of a number that is written apart: also sentence marks.
_WIDE = r"(?:[^\w〈〉【】]|_)"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
_NUMERALS = "零〇一二三四五六七八九幺壹贰貳叁參肆伍陆陸柒捌玖"
_TOP_LEVELS = (
    "com|cn|net|org|top|xyz|cc|vip|club|shop|site|info|me|tv|io|ltd|example|test|link|fun|work|icu|pw|co|app|wang"
    "|ink|ren|online"
)
_TOP_LEVEL = "|".join(r"\s?".join(each) for each in _TOP_LEVELS.split("|"))
_DOT = r"\s?(?:[\[(（【](?:[.点]|dot|DOT)[\])）】]|点|dot|DOT|[.。．｡·丶﹒●•])\s?"
_LABEL = r"[A-Za-z0-9\-]{1,63}(?:\s[A-Za-z0-9\-]){0,30}"
_HOST = rf"{_LABEL}(?:{_DOT}{_LABEL}){{0,4}}"
_URL = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+;=%]"
_SPELT_HOST = (
    rf"{_HOST}{_DOT}(?:{_TOP_LEVEL})(?![A-Za-z])(?:{_DOT}(?:{_TOP_LEVEL})(?![A-Za-z]))?"
    rf"(?:\s?(?:[/?#:]|斜杠)\s?{_URL}{{0,2000}}(?:\s[A-Za-z0-9](?![A-Za-z0-9])){{0,60}})?"
)

_PATH = rf"(?:\s?(?:[/?#:]|斜杠)\s?{_URL}{{0,2000}})?"
_BRACKETED_DOT = r"[\[(（【](?:[.点]|dot|DOT)[\])）】]"
_BRACKETED_HOST = rf"[A-Za-z0-9\-]{{1,63}}(?:{_BRACKETED_DOT}[A-Za-z0-9\-]{{1,63}}){{1,4}}{_PATH}"
_HOST_WITH_COMMAS = (
    rf"[A-Za-z0-9\-]{{1,63}}(?:[，,]\s?[A-Za-z0-9\-]{{1,63}}){{0,3}}[，,]\s?(?:{_TOP_LEVEL})(?![A-Za-z])"
    rf"[，,]?\s?斜杠[，,]?\s?{_URL}{{1,200}}"
)

_NOT_IN_WORD = "(?<![A-Za-z]..)(?![A-Za-z])"
_LATIN_ACCOUNT_WORD = (
    rf"[vVwWtTQI](?:(?<=[vV])(?:信搜|(?=[:：]))|(?<=[vV])[xX信]{_NOT_IN_WORD}|(?<=[wW])[xX]{_NOT_IN_WORD}"
    rf"|(?<=[tT])[gG]{_NOT_IN_WORD}|(?<=Q)Q群?|(?<=I)D(?=[:：])|(?<=[tT])elegram|(?<=[wW])hats[aA]pp)"
)
_ACCOUNT_WORD = (
    "(?:加薇|加v|加V|登录名|扣扣|扣(?=[:：\\s]{0,2}[A-Za-z0-9])|企鹅号?|微信公众号|微信群?号?|薇信|威信|"
    "纸飞机|电报|钉钉|抖音号?|公众号|群号|账号|帐号"
    "|账户|用户名)"
)
_ACCOUNT_VALUE = (
    rf"(?:[A-Za-z0-9_][A-Za-z0-9_\-]{{2,40}}(?:{_BETWEEN}{{1,2}}\d){{0,12}}|[{HAN}]{{2,6}}_?\d{{1,6}}(?![{HAN}\d]))"
)
_TO_ACCOUNT = r"[\s:：是为加号群\-]{0,4}"

# What ends with 码 and is no code.
_NO_CODES = "".join(f"(?<!{each}码)" for each in "扫数尺起筹加价号条")
_CODE_WORD = (
    f"(?:码{_NO_CODES}|口令|密钥|暗号|卡密|门锁|订单|单号|运单|编号|流水|合同|工单|案号|证号|保单|学号|"
    f"车牌|提货号|取件号|包裹号|初始|默认|临时|凭)(?:号码|号)?"
)
_CODE_VALUE = (
    r"(?:(?!APP|App|VIP|WiFi)[A-Za-z0-9][A-Za-z0-9\-.@#$%^&*_!+]{2,40}(?:\s\d{2,4}(?!\d)){0,3}"
    rf"|[{_NUMERALS}]{{4,12}})"
)
_IS = rf"(?:[\s:：是为(（\[『「“\"'→⇒➡=＝>＞丨|]{{0,3}}|[{HAN}]{{1,6}}[为是:：]\s?)"
# What a reader states or types: a verb, and a value that is set apart.
_VERB_OF_A_CODE = r"(?:报|输|输入|填|填写|出示)[\s:：「『“\"【\[(（]{1,3}"
_CODE_WORD_IN_ENGLISH = (
    r"[vVcCpPoO](?<![A-Za-z].)(?:(?<=[vV])[cC]ode|(?<=[cC])(?:ode|ODE)|(?<=[pP])(?:ass(?:word|code)?|wd|in|IN)"
    r"|(?<=[oO])(?:tp|TP))"
    r"(?:\s?[:：=]\s?|\sis\s)"
)
_PLACE_OF_A_PARCEL = r"(?:货架|货位|架号|柜号|格口)号?[\s:：]{0,3}"
_PLACE_VALUE = r"(?=[^\d]{0,6}\d)[A-Za-z0-9红黄蓝绿白区层排架柜][A-Za-z0-9区层排架柜号\-]{2,20}"
# What an application recognises when it is copied: short pieces, a date, and letters with `:/` or an hour.
_PIECE = r"(?:[A-Za-z@.]{1,8}:/|[A-Za-z@.]{2,8}|:\d{1,2}[ap]m|\d{2}/\d{2})"
_SHARED_PIECES = rf"(?<![A-Za-z0-9])(?=[^{HAN}]{{0,20}}:(?:/|\d{{1,2}}[ap]m)){_PIECE}(?:\s{{1,2}}{_PIECE}){{2,4}}"
# Letters of both cases and digits; a short one has a capital behind a small letter, as few models have.
_MIXED_CODE = (
    r"(?<![A-Za-z0-9])(?!iP|iO|Wi|Mac)(?=[A-Za-z]{0,20}[0-9])(?:(?=[A-Za-z0-9]{0,20}[a-z][A-Z])[A-Za-z0-9]{6,20}"
    r"|(?=[A-Za-z0-9]{0,20}[a-z])(?=[A-Za-z0-9]{0,20}[A-Z])[A-Za-z0-9]{8,20})(?![A-Za-z0-9])"
)
_SPELT_NUMBER = (
    rf"[\d{_NUMERALS}](?<![A-Za-z0-9].)(?:{_WIDE}{{0,4}}[\d{_NUMERALS}*●]){{6,}}(?![A-Za-z0-9])"
    rf"(?:转[\d{_NUMERALS}]{{1,6}})?"
)
_CODE_WITH_SIGNS = (
    r"(?<![A-Za-z0-9])(?=[^\s]{0,20}[A-Za-z])(?=[^\s]{0,20}[0-9])(?=[^\s]{0,20}[@#$%^&*!+])"
    r"[A-Za-z0-9@#$%^&*_!+\-]{6,24}"
)
# Volumes of data, ranks of members, and a brand behind its price.
_OFFERED = r"(?:[0-9MmGgKkBb]{1,20}|S?VIP\d{1,3}|\d{1,2}0{0,2}[A-Za-z]{3,12})(?![A-Za-z0-9_\-])"
_BESIDE_A_LETTER = r"[A-Za-z0-9](?:(?<=[0-9])[_\-]{0,40}[A-Za-z]|(?<=[A-Za-z])[_\-]{0,40}[0-9])"

SHAPES: Final = (
    Shape(_SHARED_PIECES, CODE, "", ":", r":(?:/|\d{1,2}[ap]m)"),
    Shape(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,8}", EMAIL, "", "@"),
    Shape(
        rf"[hHwW](?:(?<=[hH])(?:[tT]{{2}}|[xX]{{2}})[pP][sS]?[:：]?[/\\]{{1,2}}|(?<=[wW])[wW]{{2}}\.){_URL}{{1,2000}}",
        LINK,
        "A",
    ),
    Shape(
        rf"(?:[A-Za-z0-9\-]{{1,63}}[.。]){{1,8}}[A-Za-z]{{2,24}}(?![A-Za-z])(?:(?:[/?#:]|斜杠){_URL}{{0,2000}})?",
        LINK,
        "A",
        "",
        "[.。][A-Za-z]{2}",
    ),
    # A dot in brackets, or a comma for a dot where the slash is a word, stands in nothing else.
    Shape(_BRACKETED_HOST, LINK, "", "", _BRACKETED_DOT),
    Shape(_HOST_WITH_COMMAS, LINK, "A", "斜杠"),
    Shape(rf"[tT][\-.。]me/{_URL}{{2,200}}", LINK, "A", "me/"),
    Shape(_SPELT_HOST, LINK, "A", "", r"[.。．｡·丶﹒●•点tT][\])）】]?\s?[A-Za-z]"),
    Shape(rf"(?<![\d.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d{{1,5}})?(?:/{_URL}{{0,2000}})?", LINK, "1", "."),
    Shape(
        rf"[A-Za-z0-9{HAN}\-]{{1,20}}\.(?:中国|公司|网络|网址|商城|集团|在线)(?:/{_URL}{{0,2000}})?",
        LINK,
        "",
        ".",
        "[.][中公网商集在]",
    ),
    Shape(rf"({_LATIN_ACCOUNT_WORD}{_TO_ACCOUNT}){_ACCOUNT_VALUE}", rf"\1{ACCOUNT}", "A"),
    Shape(rf"({_ACCOUNT_WORD}{_TO_ACCOUNT}){_ACCOUNT_VALUE}", rf"\1{ACCOUNT}", "A|1"),
    Shape(rf"({_CODE_WORD}{_IS}){_CODE_VALUE}", rf"\1{CODE}"),
    Shape(rf"({_VERB_OF_A_CODE})(?=[^\s]{{0,8}}[\d{_NUMERALS}]){_CODE_VALUE}", rf"\1{CODE}"),
    Shape(rf"({_CODE_WORD_IN_ENGLISH})(?=[^\s]{{0,12}}\d){_CODE_VALUE}", rf"\1{CODE}", "A1"),
    Shape(rf"({_PLACE_OF_A_PARCEL}){_PLACE_VALUE}", rf"\1{CODE}", "1"),
    Shape(r"((?:尾号|卡号|房号|门牌)[\s:：是为]{0,3})[A-Za-z0-9\-]{1,40}", rf"\1{CODE}"),
    Shape(r"[A-Za-z0-9](?<![A-Za-z0-9].)(?:\s[A-Za-z0-9]){3,60}(?![A-Za-z0-9])", CODE, "A|1"),
    Shape(_MIXED_CODE, CODE, "A1", "", _BESIDE_A_LETTER),
    Shape(_SPELT_NUMBER, NUMBER),
    Shape(
        r"([￥¥₳€₤₴£$¢§¤])\s?[A-Za-z0-9]{5,20}\s?\1",
        CODE,
        "A|1",
    ),
    Shape(r"([(（])[A-Za-z0-9]{8,20}(?=[)）])", rf"\1{CODE}", "A|1"),
    Shape(
        rf"[{_PROVINCES}]\s?[A-Za-z][\s·•.\-]{{0,3}}[A-Z0-9*](?:\s?[A-Z0-9*]){{3,5}}[挂学警港澳]?(?![A-Za-z0-9])",
        CODE,
        "A",
    ),
    Shape(ADDRESS_PATTERN, ADDRESS, "", "", HOUSE_PATTERN),
    Shape(
        rf"(?<![A-Za-z0-9])(?!{_OFFERED})(?=[0-9_\-]{{0,40}}[A-Za-z])(?=(?:[A-Za-z_\-]{{0,40}}[0-9]){{2}})[A-Za-z0-9_\-]{{5,64}}"
        rf"",
        CODE,
        "A1",
        "",
        _BESIDE_A_LETTER,
    ),
    Shape(_CODE_WITH_SIGNS, CODE, "A1", "", "[@#$%^&*!+]"),
    Shape(rf"\d(?:{_BETWEEN}{{0,2}}[\d*]){{3,}}", NUMBER, "1"),
    Shape(f"[{_NUMERALS}][{_NUMERALS}]{{4,}}", NUMBER),
    # A house or a flat; three rooms and two halls are what an offer states.
    Shape(r"\d{1,3}(?=号楼(?![王加新]|开盘)|(?:栋|幢)(?=[A-Z\d\s,，〈]|单元|$)|单元|室(?!\d厅|内|外))", NUMBER, "1"),
)
"""In their order: placeholders add no match for a later one, because their text is enclosed in brackets."""
