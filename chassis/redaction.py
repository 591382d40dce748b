"""Redaction: removes from a text what identifies the recipient of a message: numbers, links, addresses, accounts, codes
and names.

It rather removes too much: a firm that compares a text with its delivery log must not be able to identify the citizen
who complained. Amounts and counts below four digits remain, and so do the words that make a message an offer, a threat
or a lure. Every repetition in the patterns is bounded, so that the time is proportional to the length of the text.
"""

from __future__ import annotations

import re
import string
from typing import NamedTuple

from chassis import characters

NUMBER = "〈号码〉"
LINK = "〈链接〉"
EMAIL = "〈邮箱〉"
ACCOUNT = "〈账号〉"
CODE = "〈编码〉"
NAME = "〈姓名〉"

# Between the digits of a number: any symbol, but no sentence mark or currency, so that amounts remain.
_BETWEEN = r"(?:[^\w，。、；;！!？¥￥$€£%‰〈〉【】]|_)"
_DOTS = "·•‧・･∙⋅"
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_URL = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+;=%]"

_SURNAME = (
    "(?:欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|申屠|公孙"
    "|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|令狐|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方"
    "白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝"
    "包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费"
    "卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝])"
)
_TITLE = "(?:先生|女士|小姐|太太|同学|老师|经理|律师|法官|警官|医生|主任|顾问|专员)"
_READER = "(?:客户|用户|顾客|会员|业主|车主|家长|学员|旅客|乘客|朋友)"

_ACCOUNT_WORD = (
    r"(?:QQ群?|扣扣|企鹅号?|微信公众号|微信群?号?|薇信|威信|(?<![A-Za-z])(?:[vV][xX信]|[wW][xX]|[tT][gG])(?![A-Za-z])|加[vV]"
    r"|[vV](?=[:：])|[tT]elegram|[wW]hats[aA]pp|纸飞机|电报|钉钉|抖音号?|公众号|群号|账号|帐号|账户|用户名|ID(?=[:：]))"
)
_CODE_WORD = (
    "(?:订单|单号|运单|取件码|取货码|提货码|验证码|校验码|动态码|激活码|兑换码|邀请码|优惠码|密码|口令|编号|编码|流水|合同|工单|案号"
    "|证号|保单|学号|工号|车牌)(?:号码|号)?"
)

_LETTERS = frozenset(string.ascii_letters)
_ALPHANUMERIC = _LETTERS | frozenset(string.digits)
_CODED = _ALPHANUMERIC | {"-"}


class _Cut(NamedTuple):
    """A pattern and its replacement. A text without a character of each set in `needs` cannot match: this check comes
    first, because it takes a tenth of the time of a search."""

    pattern: re.Pattern[str]
    replacement: str
    needs: tuple[frozenset[str], ...]


_CUTS: tuple[_Cut, ...] = tuple(
    _Cut(re.compile(pattern), replacement, tuple(map(frozenset, needs)))
    for pattern, replacement, needs in (
        (r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,8}", EMAIL, ("@", ".")),
        (rf"(?:[hH][tT]{{2}}[pP][sS]?://|[wW]{{3}}\.){_URL}{{1,2000}}", LINK, ("/.", "hHwW")),
        (
            rf"(?:[A-Za-z0-9\-]{{1,63}}[.。]){{1,8}}[A-Za-z]{{2,24}}(?![A-Za-z])(?:[/?#:]{_URL}{{0,2000}})?",
            LINK,
            (".。", _LETTERS),
        ),
        (
            rf"[A-Za-z0-9{_HAN}\-]{{1,20}}\.(?:中国|公司|网络|网址|商城|集团|在线)(?:/{_URL}{{0,2000}})?",
            LINK,
            (".", "中公网商集在"),
        ),
        (
            rf"({_ACCOUNT_WORD}[\s:：是为加号群\-]{{0,4}})[A-Za-z0-9_][A-Za-z0-9_\-]{{2,40}}",
            rf"\1{ACCOUNT}",
            ("QqIvVwWtT扣企微薇威飞电报钉抖公群账帐用", _ALPHANUMERIC | {"_"}),
        ),
        (
            rf"({_CODE_WORD}[\s:：是为(（\[]{{0,3}})[A-Za-z0-9][A-Za-z0-9\-]{{2,40}}",
            rf"\1{CODE}",
            ("单码令编流合案证学工牌", _ALPHANUMERIC),
        ),
        (r"((?:尾号|卡号|房号|门牌)[\s:：是为]{0,3})[A-Za-z0-9\-]{1,40}", rf"\1{CODE}", ("尾卡房牌", _CODED)),
        (
            r"(?<![A-Za-z0-9])(?=[0-9_\-]{0,40}[A-Za-z])(?=(?:[A-Za-z_\-]{0,40}[0-9]){2})[A-Za-z0-9_\-]{5,64}",
            CODE,
            (_LETTERS, string.digits),
        ),
        (rf"\d(?:{_BETWEEN}{{0,2}}[\d*]){{3,}}", NUMBER, ()),
        ("[零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]{5,}", NUMBER, ("零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖",)),
        (r"\d{1,3}(?=号楼|栋|幢|单元|室)", NUMBER, ("楼栋幢元室",)),
        (rf"[{_HAN}]{{1,6}}[{_DOTS}][{_HAN}]{{1,8}}", NAME, (_DOTS,)),
        (
            rf"((?:尊敬|亲爱|敬爱)的){_SURNAME}[{_HAN}*]{{0,3}}?(?=[\s,，:：!！。]|$|[您你]|{_TITLE}|{_READER})",
            rf"\1{NAME}",
            ("敬亲",),
        ),
        (rf"(?:{_SURNAME}|\*)[{_HAN}*]{{0,2}}?(?={_TITLE})", NAME, ("生士姐太学师理官任问员",)),
        (rf"((?:姓名|人|户名|机主|患者|原告|被告|业主|车主)[:：]\s{{0,2}})[{_HAN}*]{{2,4}}", rf"\1{NAME}", (":：",)),
        (rf"((?:^|[】\]〕]))(?:{_SURNAME}[{_HAN}*]{{1,2}})(?=[,，:：!！]?\s?[您你])", rf"\1{NAME}", ("您你",)),
    )
)


def redact(text: str) -> str:
    """The text with everything that could identify its recipient replaced by a placeholder of its kind.

    Characters that are not seen are removed; letters and digits in another form (full-width, circled, of another
    script) become ordinary ones. Redacting twice changes nothing.
    """
    text = characters.plain(text)
    present = set(text)
    for pattern, replacement, needs in _CUTS:
        # Placeholders add no match for a later pattern: their text is enclosed in brackets.
        if not any(map(present.isdisjoint, needs)):
            text = pattern.sub(replacement, text)
    return text


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
