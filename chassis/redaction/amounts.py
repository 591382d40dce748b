"""What an offer states about itself: amounts, counts, sizes, days, hours, models and the numbers of public services. It
stays, although it has digits.

Its digits are letters of a script that no message has while numbers are searched.
"""

from __future__ import annotations

import re
import string

from chassis.characters import any_of

_AMOUNT = r"(?:\d{1,3}(?:,\d{3})+|\d{1,6})(?:\.\d{1,2})?"
# Behind a count. A placeholder is where the last redaction replaced what begins with a unit.
_UNIT = (
    r"\s?(?:[元块万亿千百折%‰分人名位家天年月个秒件条次期台辆套斤克米㎡平倍℃度级币粒包盒瓶只款项钻岁起株棵头页字步圈升寸间床桌席票张笔局场轮集章节课题篇首"
    "双对束朵串根支把片颗滴匹股手余多届]|单(?!元)|本(?![月人期周季年店次卡机号地])"
    r"|/ ?[月年天日人平㎡次晚间斤件套个节时]|积分|小时|公里|"
    "毫米|厘米|英寸|公斤|千克|毫升|毫克|大卡|千瓦|周岁"
    r"|点(?!\d)|\+(?!\d)|〈(?!号)|(?:[GgMmKkWw][Bb]?|mg|ml|mL|cm|mm|km|kg|Hz|GHz|mAh|fps|[LVP])(?![A-Za-z0-9]))"
)
_TO = r"\s?[-–~～—至到]{1,2}\s?"
_NEXT = r"[/、+*×xX]"
# Before a sum.
_SUMS = "仅至后手杀惠满减送充存返赠省降抵达借赚得超近约共逾额款金费资薪价奖债补罚欠贴"
# What may stand before a code or in a number, which has as many digits as a year or the number of a service.
_NO_CODE = r"(?<![码令凭为是号零〇一二三四五六七八九幺壹贰貳叁參肆伍陆陸柒捌玖].)(?<![码令][:：\s].)"
# A word or a comma, or the name that the last redaction replaced.
_WORD_BEFORE = r"(?:(?<=[\u4e00-\u9fff，、：].)|(?<=姓名〉.))"
_REPEATED = "|".join(f"(?<={digit}){digit}{{3,5}}" for digit in string.digits)
_OF_DIGITS = (
    # Counts with their unit, one to another or several, sizes. Behind other digits they are the last of a number.
    rf"(?<!\d\d\d\s.)(?<!\s\d\s.)(?:\d{{0,2}}(?:,\d{{3}})+|\d{{0,5}})(?:\.\d{{1,2}})?(?:{_TO}{_AMOUNT})?(?={_UNIT})",
    rf"\d{{0,2}}(?:{_TO}\d{{2,3}})?(?=码(?!头))",
    rf"\d{{0,4}}(?:\.\d{{1,2}})?(?:{_NEXT}\d{{1,5}}(?:\.\d{{1,2}})?){{1,6}}(?={_UNIT})",
    # Sums without a unit, those with two decimals, and thousands.
    (
        rf"(?:(?<=[{_SUMS}].)|"
        rf"(?<=[{_SUMS}][:：为达至约仅高超了].))\d{{0,5}}(?:\.\d{{1,2}})?(?:{_TO}{_AMOUNT})?(?![\d*\-:A-Za-z]|"
        rf"[.，、,\s]\d)"
    ),
    r"\d{0,5}\.\d{2}(?:[/\-]\d{1,2}\.\d{2}){0,5}(?![\d.*\-:A-Za-z]|\s\d)",
    rf"(?<=[1-9]){_NO_CODE}{_WORD_BEFORE}\d?\d?000(?![\d*\-:.]|[，、,\s]\s?\d)",
    # Times, days and years.
    rf"(?<![:/].)(?<!\d .)\d?:\d{{2}}(?:(?:{_TO}|[/、,])\d{{1,2}}:\d{{2}}){{0,5}}(?![\d:*])",
    rf"0\d{{2}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?:{_TO}(?:\d{{1,2}}[-/.])?\d{{1,2}})?(?!\s?\d|[-/.]\d)",
    rf"\d?[./]\d{{1,2}}{_TO}\d{{1,2}}[./]\d{{1,2}}(?![\d./*\-])",
    (
        rf"(?<=2){_NO_CODE}(?<![\d*]\s.)0[23]\d(?:{_TO}20[23]\d)?(?=[新春夏秋冬款版届赛财学双跨]|元旦|国庆|"
        rf"高考|中考|考研|国考|省考|校招|全国|中国|世界)"
    ),
    # A lucky number: one digit, behind a word.
    rf"{_NO_CODE}(?<![数尾位柜架格].){_WORD_BEFORE}(?:{_REPEATED})(?![\d*\-])",
    # Numbers of public services and of banks.
    rf"(?<=1){_NO_CODE}{_WORD_BEFORE}(?:00(?:8\d|10|00)|23\d{{2}}|2123)(?![\d*\-+])",
    r"(?<=9)(?:(?<=[电线打询拨致话服至到自].)|(?<=[电线打询拨致话服][:：\s].))[56]\d{3}\d?(?![\d*\-+])",
)
# Numbers that an authority gave to a product or a service: medicines, food, devices, sites, telecommunications.
_APPROVALS = (
    r"(?<=字)(?<=[准健备妆]字)[A-Z]\d{8}",
    r"(?<=[准备])(?:(?<=注准)|(?<=械备))20\d{6,9}",
    r"(?<=[备证])(?:(?<=P备)|(?<=P证))\d{6,10}(?=号)",
    r"(?<=B)(?<![A-Za-z0-9]B)[12](?:[.、][AB]\d){0,2}-20\d{6}",
)
# It begins with one set of characters, so that the search for the next one is fast.
_KEPT = re.compile(
    rf"[¥￥$€£\d型股基机板脑iI字准备证B](?:(?<=[¥￥$€£])(?<![A-Za-z0-9].)\s?{_AMOUNT}(?![\d*A-Za-z])"
    rf"|(?<=\d)(?<![\d.*\-A-Za-z].)(?:{'|'.join(_OF_DIGITS)})"
    rf"|(?:{'|'.join(_APPROVALS)})(?![A-Za-z\d])"
    r"|(?<=型)号[:：\s]?[A-Za-z0-9\-]{2,20}"
    r"|(?:(?<=股)票|(?<=基)金)(?:代码)?[:：]?\s?[0368]\d{5}(?!\d)"
    r"|(?<=[机板脑])[A-Z][A-Za-z]{0,8}\d{1,4}[A-Za-z]{0,3}(?:-\d{1,3}[GT]B?)?(?![A-Za-z0-9\-])"
    r"|(?<=[iI])[Pp](?:hone|ad)\s?\d{1,2}(?![A-Za-z0-9]))"
)
_STAND_INS = "ꡀꡁꡂꡃꡄꡅꡆꡇꡈꡉ"
_HIDDEN = str.maketrans(string.digits, _STAND_INS)
_SHOWN = str.maketrans(_STAND_INS, string.digits)
_REMOVED = dict.fromkeys(map(ord, _STAND_INS))
_HAS_STAND_INS = any_of(_STAND_INS)
_HIDDEN_DIGITS = re.compile(f"[{_STAND_INS}]+")
_DIGIT = re.compile(r"\d")


def hide(text: str) -> str:
    """The text with stand-ins for the digits of what stays."""
    if _HAS_STAND_INS.search(text):
        text = text.translate(_REMOVED)
    # Most messages have a digit, but not all; this check takes a hundredth of the time.
    return _KEPT.sub(lambda kept: kept[0].translate(_HIDDEN), text) if _DIGIT.search(text) else text


def show(text: str) -> str:
    """The text with the digits that `hide` replaced."""
    return _HIDDEN_DIGITS.sub(lambda hidden: hidden[0].translate(_SHOWN), text)
