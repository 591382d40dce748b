"""What an offer states about itself: amounts, counts, hours, days and models. It stays, although it has digits.

Its digits are letters of a script that no message has while numbers are searched.
"""

from __future__ import annotations

import re
import string

from chassis.characters import any_of

_AMOUNT = r"(?:\d{1,3}(?:,\d{3})+|\d{1,6})(?:\.\d{1,2})?"
_UNIT = (
    r"\s?(?:[元块万亿千百折%‰分人名位家天年月个秒件条次期台辆套斤克米㎡平倍℃度级币粒包盒瓶只款项钻岁起株棵头本页字步圈升寸间床桌席票张笔局场轮集章节课题篇首"
    "双对束朵串根支把片颗滴匹股手余多]|单(?!元)|积分|小时|公里|毫米|厘米|英寸|公斤|千克|毫升|毫克|大卡|千瓦|周岁"
    r"|点(?!\d)|(?:[GgMmKkWw][Bb]?|mg|ml|mL|cm|mm|km|kg|Hz|GHz|mAh|fps|[LVP])(?![A-Za-z]))"
)
_TO = "[-~—至到]"
# Each begins with a character of its own, so that the search for the next one is fast.
_KEPT = re.compile(
    rf"[¥￥$€£]\s?{_AMOUNT}(?![\d*A-Za-z])"
    rf"|\d(?<![\d.*\-A-Za-z].)(?:(?:\d{{0,2}}(?:,\d{{3}})+|\d{{0,5}})(?:\.\d{{1,2}})?(?:{_TO}{_AMOUNT})?(?={_UNIT})"
    rf"|(?<![:/].)(?<!\d .)\d?:\d{{2}}(?:{_TO}\d{{1,2}}:\d{{2}})?(?![\d:*])"
    r"|0\d{2}[-/.]\d{1,2}[-/.]\d{1,2}(?!\s?\d|[-/.]\d))"
    r"|型号[:：\s]?[A-Za-z0-9\-]{2,20}"
    r"|[iI][Pp](?:hone|ad)\s?\d{1,2}(?![A-Za-z0-9])"
)
_STAND_INS = "ꡀꡁꡂꡃꡄꡅꡆꡇꡈꡉ"
_HIDDEN = str.maketrans(string.digits, _STAND_INS)
_SHOWN = str.maketrans(_STAND_INS, string.digits)
_REMOVED = dict.fromkeys(map(ord, _STAND_INS))
_HAS_STAND_INS = any_of(_STAND_INS)
_DIGIT = re.compile(r"\d")


def hide(text: str) -> str:
    """The text with stand-ins for the digits of what stays."""
    if _HAS_STAND_INS.search(text):
        text = text.translate(_REMOVED)
    # Most messages have a digit, but not all; this check takes a hundredth of the time.
    return _KEPT.sub(lambda kept: kept[0].translate(_HIDDEN), text) if _DIGIT.search(text) else text


def show(text: str) -> str:
    """The text with the digits that `hide` replaced."""
    return text.translate(_SHOWN) if _HAS_STAND_INS.search(text) else text
