"""Names of persons: what they look like, and where they stand in a message.

A name is a surname with one or two further characters. Words begin with the characters of surnames too, so a name needs
a sign of one: a title, a role before it, what a person does behind it, or that all its characters are those of names.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from chassis.redaction.name_tables import COMPOUND_SURNAMES, GIVEN, PLAIN_SURNAMES, SURNAMES, WORDS, WORDS_ENDING

HAN: Final = r"\u3400-\u4dbf\u4e00-\u9fff"
"""The Chinese characters, in a class of a regular expression."""

NAME: Final = "〈姓名〉"

_DOTS = "·•‧・･∙⋅●"
_MASK = "*＊×✕○●〇某XxＸ"
_SURE_MASK = "*＊×✕○●某"
# Compound surnames that are a word of an offer too.
_AMBIGUOUS = "东方|第五|百里|南门|西门|单于|司空|公西|东郭"
_PLAIN_COMPOUNDS = "|".join(each for each in COMPOUND_SURNAMES.split("|") if each not in _AMBIGUOUS.split("|"))
# Surnames that are in many words.
_WORDY = "家路区员项种费包满越和商广公都国司管车向"
_TOP_SURNAMES = PLAIN_SURNAMES[:60]

# Names without a surname: parts of Tibetan, Mongolian and Turkic names.
_PARTS = (
    "扎西|次仁|卓玛|央金|拉姆|索朗|索南|边巴|曲珍|格桑|尼玛|巴桑|达瓦|普布|米玛|丹增|旦增|洛桑|旺堆|旺姆|"
    "旺杰|平措|顿珠|多吉|强巴|仁青|白玛|德吉|白珍|普琼|嘎玛|罗布|群培"
    "|次旦|次珍|加措|嘉措|赤列|贡布|贡嘎|桑珠|晋美|泽仁|泽旺|措姆|拉珍|云丹|阿旺|土登|益西|江措|才让|"
    "才旦|卓嘎|央宗|欧珠|坚赞|坚参|彭措|西绕|塔杰|朗杰|旺久|班觉"
    "|巴雅|巴图|苏和|图雅|高娃|斯琴|娜仁|萨仁|朝鲁|呼和|孟和|宝音|牧仁|哈斯|乌云|塔娜|托娅|毕力|布和|"
    "吉雅|那顺|朝克|苏德|格日勒|其其格|巴特尔|乌日娜|苏日娜|阿木古楞|阿拉坦|额尔敦|特木尔"
    "|敖登|毕力格|那日苏|通拉嘎|乌力吉|斯日古楞"
    "|买买提|买合木提|麦麦提|吐尔逊|吐尔洪|热合曼|热依汗|阿卜杜|阿布都|艾合买提|玉素甫|木合塔尔|依明|"
    "伊明|古丽|迪丽|阿依|努尔|帕提|帕尔哈提|迪力|艾力|艾山|艾尔肯|艾则孜|克里木|库尔班|萨迪克"
    "|祖丽|夏提|茹仙|哈力|尼亚孜|卡德尔|塔依尔|亚森|肉孜|米热|汗古丽|叶尔|巴合提|赛力克|别克|江汗|力江|"
    "逊江|尔江|加玛力|再努尔"
)
_LONG_PARTS = "|".join(each for each in _PARTS.split("|") if len(each) > 2)
_WITHOUT_SURNAME = (
    rf"(?:(?:{_LONG_PARTS})(?:[.\s]?[{HAN}]?(?:{_PARTS})){{0,3}}|(?:{_PARTS})(?:[.\s]?[{HAN}]?(?:{_PARTS})){{1,3}})"
)

_SYLLABLES = (
    "Wang|Li|Zhang|Liu|Chen|Yang|Huang|Zhao|Wu|Zhou|Xu|Sun|Ma|Zhu|Hu|Guo|He|Lin|Gao|Luo|Zheng|Liang|Xie|"
    "Song|Tang|Han|Feng|Deng|Cao|Peng|Zeng|Xiao|Tian|Dong|Yuan|Pan|Jiang|Cai|Yu|Du"
    "|Ye|Cheng|Su|Wei|Lu|Lv|Ding|Ren|Shen|Yao|Cui|Zhong|Tan|Fan|Jin|Shi|Liao|Jia|Xia|Fu|Fang|Bai|Zou|"
    "Meng|Xiong|Qin|Qiu|Yin|Xue|Yan|Duan|Lei|Hou|Long|Tao|Hao|Gong|Shao|Wan|Qian|Ouyang|Sima|Zhuge|Situ|"
    "Ouyang"
)
_NO_NAME = (
    "(?!QQ|APP|VIP|ID|WIFI|SIM|ETC|POS|ATM|PLUS|PRO|App|Plus|Pro|Max|Hi|Hello|Dear|Mac|Air|Apple|Google|"
    "Duang|Happy|New|Good|Hot|The|Your)"
)
_LATIN_WORD = "[A-Z][a-z]{1,15}"
_LATIN_NAME = (
    rf"{_NO_NAME}(?:{_LATIN_WORD}(?:[ ·./-][A-Z][A-Za-z]{{0,15}}){{0,2}}|[A-Z]{{2,15}}(?:[ ·./-][A-Z]{{2,15}}){{1,2}}"
    rf"|[A-Z]\. ?{_LATIN_WORD})(?! ?[a-z0-9]|[A-Z])"
)
_TRANSCRIBED = (
    "阿艾安奥巴白班贝本比彼毕宾波玻伯勃博布卜查达戴丹德登迪蒂丁东杜多俄厄恩尔法凡菲费芬冯佛夫弗福盖甘高戈哥格根古哈海汉赫亨洪胡华霍基吉季加贾江杰金卡凯坎康考柯科克肯孔库"
    ""
    "夸拉莱兰朗劳勒雷蕾黎里理丽利莉列林琳龙卢鲁路露罗洛马玛迈麦曼芒梅门蒙米密明缪摩莫默姆木穆拿娜纳南尼涅宁纽诺欧帕潘庞佩彭皮平普奇齐恰强乔切琴琼热仁日儒瑞若萨塞桑森沙莎"
    ""
    "山尚绍申圣施史舒斯丝松苏索塔泰坦汤唐特提梯铁廷图土吐托娃瓦万旺威韦维温文翁沃乌武西希锡夏肖谢辛休许逊雅亚延扬杨耶叶伊依易因英尤约赞泽曾扎詹珍朱卓宗祖佐买玉素甫合孜汗"
    ""
    "力肉拜才吾旦仓措曲顿群培次央嘎确增什迦伽廉伦诗黛妮薇汀"
)
_GOOD = (
    rf"[{SURNAMES}](?:[{SURNAMES}]?[{GIVEN}]{{1,2}}|[\s\-][{HAN}]{{1,2}}|[{_MASK}]{{1,3}}[{HAN}]?|[{HAN}][{_MASK}]"
    rf"|[A-Z][a-z]{{2,12}})"
    rf"|(?:{_AMBIGUOUS})[{GIVEN}]{{1,2}}|(?:{_PLAIN_COMPOUNDS})(?:[{HAN}]{{1,2}}|[{_MASK}]{{1,3}}|"
    rf"[{HAN}][{_MASK}]|[{_MASK}][{HAN}])"
    rf"|[{_SURE_MASK}]{{1,2}}[{HAN}]{{1,2}}|{_LATIN_NAME}|{_WITHOUT_SURNAME}"
)
_ANY = rf"{_GOOD}|[{PLAIN_SURNAMES}][{HAN}]{{1,2}}"
_BEGINS = (
    rf"(?=[{SURNAMES}{_SURE_MASK}A-Z"
    f"{''.join(dict.fromkeys(each[0] for each in f'{COMPOUND_SURNAMES}|{_PARTS}'.split('|')))}])"
)

_TITLES = (
    "先生|女士|小姐|太太|同学|老师|经理|律师|法官|警官|医生|主任|顾问|专员|师傅|家长|同志|阿姨|叔叔|妈妈|"
    "爸爸|奶奶|爷爷|教授|护士|民警|店长"
    "|校长|院长|大夫|教练|老板|小朋友|宝宝"
)
_SURE_TITLES = frozenset(["先生", "女士", "小姐", "太太"])
_LONGEST, _LONGEST_LATIN = 6, 24
_LONGEST_SIGNATURE = 12
# A name before any title, and what is one only before a title that no thing has.
_BEFORE_TITLE = (
    rf"(?:{COMPOUND_SURNAMES})[{HAN}*]{{0,2}}|[{PLAIN_SURNAMES}][{SURNAMES}]?[{GIVEN}]{{1,2}}|"
    rf"{_WITHOUT_SURNAME}|{_LATIN_NAME} ?"
    rf"|[{SURNAMES}{_SURE_MASK}][{_MASK}{HAN}]?[{_MASK}]{{1,2}}|[{SURNAMES}]?[{_MASK}]{{1,2}}[{HAN}]"
)
_NAME_BEFORE_TITLE = rf"{_BEGINS}(?:{_BEFORE_TITLE}|[{PLAIN_SURNAMES}]|[{SURNAMES}](?<![{HAN}].)[{GIVEN}]?)\Z"
_NAME_BEFORE_SURE_TITLE = (
    rf"{_BEGINS}(?:{_BEFORE_TITLE}|[{PLAIN_SURNAMES}][{HAN}]?(?![{_TOP_SURNAMES}])[{HAN}]|[{SURNAMES}][{GIVEN}]?)\Z"
)
_READERS = "客户|用户|顾客|会员|业主|车主|家长|学员|旅客|乘客|朋友"
_LABELS = (
    "姓名|户名|机主|业主|车主|户主|患者|原告|被告|乘客|旅客|司机|骑手|递员|件员|送员|亲属|邻居|嘉宾|考生|学生|住户|租客"
)
_THINGS = "(?:快递|包裹|快件|订单|外卖|货物|邮件|退件|洗衣|爱车|房屋|保单|账户|手机)"
# Characters with which the words for a person end, and those before a person.
_ROLE_ENDS = (
    "郎娘姥嫂伯侄孙辈童徒人员生师户友长工客主方妈爸哥姐弟妹者居属机手宾婆爷奶姨叔舅孩娃董总导护同伴侣夫妻儿女子家"
)
# What is done to a person.
_CALLS = "代替找约叫喊问祝贺喜谢"
_BEFORE = "贺祝致询问替及或嗨亲恭贵陪护感歉好由给请知告系喜谢迎醒邀代帮是叫名为和与及让找催对跟被把的送接陪们"
# What stands behind a name: no character of a name, or what a person does or has. A name that is replaced is no sign of
# the next one: redacting twice would change more.
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

_RULES: Final = (
    # A reader who is addressed.
    (
        "的",
        (
            rf"(?:尊敬|亲爱|敬爱|尊贵)的(?!{_READERS}){_BEGINS}(?P<name>{_ANY})(?=[\s,，:：!！。]|$|[您你]|"
            rf"{_TITLES}|{_READERS})"
        ),
    ),
    ("", rf"[:：](?:(?<=人.)|(?<=(?:{_LABELS}).))\s{{0,2}}(?P<name>{_GOOD}|[{HAN}*]{{2,4}})"),
    # Behind a signature or a role, before an act or a sign of one.
    ("", rf"[】\]〕/]{_BEGINS}(?P<name>{_ANY}|[{SURNAMES}][{HAN}]{{1,2}}(?=[,，:：!！]\s?[您你])){_STRONG}"),
    ("", rf"(?:[{_ROLE_ENDS}{_BEFORE}][:：,，]?\s{{0,2}}|[】\]〕](?![A-Z])){_BEGINS}(?P<name>{_GOOD}){_BEHIND}"),
    ("", rf"(?P<name>[{SURNAMES}](?<![{HAN}A-Za-z0-9【\[〔「].)(?<!姓名〉.)[{SURNAMES}]?[{GIVEN}]{{1,2}}){_BEHIND}"),
)
"""What stands before a name, and how it reads: a sign without which there is no match, and the pattern."""

_DOT: Final = f"[{_DOTS}.]"
_DOTTED: Final = (
    rf"[{_TRANSCRIBED}](?:[{_TRANSCRIBED}]{{0,5}}(?:[{_DOTS}][{_TRANSCRIBED}]{{1,8}}){{1,2}}|"
    rf"[{_TRANSCRIBED}]{{1,5}}\.[{_TRANSCRIBED}]{{2,8}})"
)
_BEHIND_A_ROLE: Final = rf"(?:(?<=[{_ROLE_ENDS}{_CALLS}].)|(?<=(?:房东|老乡|老公|外公|阿公).))"
_ALL_OF_NAMES: Final = (
    rf"[{PLAIN_SURNAMES}](?:[{GIVEN}]{{2}}|[{PLAIN_SURNAMES}][{GIVEN}]{{2}}|[{_SURE_MASK}]{{1,2}}[{GIVEN}]?"
    rf"|(?:(?<=[】\]〕/].)|{_BEHIND_A_ROLE})[{GIVEN}]|[{GIVEN}]{_BEHIND}|"
    rf"[ 　\-][{GIVEN}]{{1,2}}(?:(?![{HAN}])|{_BEHIND}))"
    rf"|[{SURNAMES}](?:{_BEHIND_A_ROLE}[{GIVEN}]{{2}}|(?<![{_WORDY}])[{GIVEN}]{{2}}{_BEHIND})"
    rf"|[{_SURE_MASK}](?<![A-Za-z0-9*].)[{_SURE_MASK}]?(?:[{GIVEN}]{{2}}|(?<![{HAN}].)[{GIVEN}]){_BEHIND}"
)
_ROMANISED: Final = (
    rf"(?:{_SYLLABLES})\s?[ ,-]\s?[A-Z][a-z]{{1,5}}(?:[ -]?[a-z]{{2,5}})?(?![A-Za-z]|〈姓)"
    rf"|(?:{_SYLLABLES.upper()})\s?[ ,-]\s?[A-Z]{{2,12}}(?![A-Za-z]|〈姓)|"
    rf"{_NO_NAME}(?<![A-Za-z] )(?<![A-Za-z])[A-Z](?:\. ?|[a-z]{{1,15}} ){_LATIN_WORD}(?! ?[A-Za-z]|〈姓)"
)
_SURE: Final = rf"(?:{_PLAIN_COMPOUNDS})(?:[{GIVEN}]{{1,2}}|[{_MASK}]{{1,2}})|{_WITHOUT_SURNAME}"
_LATIN: Final = "[A-Z][A-Za-z]"
_CHINESE: Final = f"[{HAN}]"
_BEGINNINGS: Final = "|".join(sorted({each[:2] for each in f"{_PLAIN_COMPOUNDS}|{_PARTS}".split("|")}))
_MAY_BE_SURE: Final = f"[{_BEGINNINGS[::3]}][{_BEGINNINGS[1::3]}](?<={_BEGINNINGS})"
"""Found where `_SURE` is, and a tenth of the time."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled at its first use: most processes of a service never need one, and to compile all of them
    takes a tenth of their start."""
    return re.compile(pattern)


def cut(text: str) -> str:
    """The text with a placeholder for each name of a person. It begins with `】`, as behind a signature.

    A text without a Chinese character is an error, a log line or a reason of staff: its capital letters begin words.
    """
    if not _compiled(_CHINESE).search(text):
        return text
    if _compiled(_DOT).search(text):
        text = _compiled(_DOTTED).sub(NAME, text)
    text = _without_titled(text)
    for sign, pattern in _RULES:
        if sign in text:
            text = _compiled(pattern).sub(_cut, text)
    text = _without_unmarked(text)
    if _compiled(_LATIN).search(text):
        text = _compiled(_ROMANISED).sub(NAME, text)
    return _compiled(_SURE).sub(NAME, text) if _compiled(_MAY_BE_SURE).search(text) else text


def _without_titled(text: str) -> str:
    parts: list[str] = []
    kept = 0
    for title in _compiled(_TITLES).finditer(text):
        start = title.start()
        names = _NAME_BEFORE_SURE_TITLE if title[0] in _SURE_TITLES else _NAME_BEFORE_TITLE
        found = _compiled(names).search(
            text, max(kept, start - (_LONGEST_LATIN if text[start - 1].isascii() else _LONGEST)), start
        )
        if found and _is_name(text, *found.span()):
            parts += text[kept : found.start()], NAME
            kept = start
    return "".join((*parts, text[kept:])) if parts else text


def _cut(found: re.Match[str]) -> str:
    start, end = found.span("name")
    if not _is_name(found.string, start, end):
        return found[0]
    return found.string[found.start() : start] + NAME + found.string[end : found.end()]


def _without_unmarked(text: str) -> str:
    parts: list[str] = []
    kept = place = 0
    search = _compiled(_ALL_OF_NAMES).search
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


def _is_name(text: str, start: int, end: int) -> bool:
    """Whether a name neither begins like a word nor stands in a signature."""
    if text[start : start + 2] in WORDS:
        return False
    closing = text.find("】", end, end + _LONGEST_SIGNATURE)
    return closing < 0 or text.find("【", end, closing) >= 0
