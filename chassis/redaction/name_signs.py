"""What stands around the name of a person: words behind it and before it, and the rules that join them with shapes.

The weaker the sign is, the more the name must look like one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from chassis.redaction.name_shapes import ANY, BEGINS, BETWEEN_SIGNS, FIRST_BETWEEN_SIGNS, GOOD, SURE_MASK
from chassis.redaction.name_tables import GIVEN, HAN, PLAIN_SURNAMES, SURNAMES

# Behind a name: titles. Before those of the second group also stands a thing: a fund's manager.
_TITLES_OF_PERSONS = (
    "先生|女士|小姐|太太|同学|家长|同志|阿姨|叔叔|妈妈|爸爸|奶奶|爷爷|教授|民警|小朋友|宝宝|大哥|大姐|大爷|大妈|老人"
    "|法官|警官|律师|书记|大夫"
)
TITLES: Final = (
    f"{_TITLES_OF_PERSONS}|老师|经理|医生|主任|顾问|专员|师傅|护士"
    "|店长|校长|院长|教练|老板|班长|队长|组长|村长|主管|总监"
)

# Behind a name: what a person has.
_THINGS = "快递|包裹|快件|订单|外卖|货物|邮件|退件|洗衣|爱车|房屋|保单|账户|手机"
_OWNED = (
    f"{_THINGS}|公积金|社保|医保|养老|欠款|借款|贷款|债务|账单|家属|家长|家人|妈妈|爸爸|母亲|父亲|孩子|儿子|女儿|"
    "老公|老婆|丈夫|妻子|同事|亲友|亲戚"
)

# Behind a name: what a person does, or what happens to one.
_ACTS = (
    f"{TITLES}|[您你]|的(?:{_THINGS})|生日|邀请|正在|本人|名下|一家|预约|代收|签收|尽快|驾驶|为您|给您|向您|"
    "拒接|电话|手机|快来|申请|报名|预订|购买|注册|推荐|微信|代表|还款|出车祸|新年|一案|请[您你于务速尽]"
)
_DEEDS = (
    "邀请|获得|抽中|中奖|走失|失联|出车祸|住院|代表|推荐|涉嫌|名下|驾驶|代收|签收|投诉|转账|为您|向您|给您|竭诚|"
    "携款|还钱|家属|老公|老婆|丈夫|妻子|媳妇|儿子|女儿|母亲|父亲"
)

# Behind a name, in brackets or behind a comma: what identifies a person further, and who is spoken to.
_IDENTIFIED = r"\s?(?:〈号码〉|〈编码〉|身份证|证件|手机|电话|尾号|加?\d{1,3}床|\d{2}岁|[男女][,，)）])"
_FOLLOWED = "[您你他她]|请[您你于务速尽]|[男女][,，、]|快递|包裹|电话|身份证|生日|微信|手机"

# Before a name: readers, roles and labels, and what is done to a person. Those of one pattern have two characters.
_READERS = "客户|用户|顾客|会员|业主|车主|家长|学员|旅客|乘客|朋友"
_LABELS = (
    "姓名|户名|机主|业主|车主|户主|患者|原告|被告|乘客|旅客|司机|骑手|递员|件员|送员|亲属|邻居|嘉宾|考生|学生|住户|租客"
    "|房东|店长|队长|组长|领队|导游|技师|主播|抬头|署名|作者|经办|主任|经理|专员|顾问|校友|储户|股东|学员|病人|产妇"
    "|好友|朋友|新郎|新娘|儿子|女儿|老公|老婆|老板|导师|讲师|主讲|法官|律师|医生|老师|同事|老乡|爷爷|奶奶|爸爸|妈妈"
    "|哥哥|姐姐|弟弟|妹妹|丈夫|妻子|博主|教练|警官|民警|护士|保安|中介|房客|居民|村民|书记|师傅"
)
_DONE = (
    "转告|告知|告诉|通知|联系|恭喜|祝贺|感谢|邀请|提醒|督促|转达|转交|寻找|寄给|转给|汇给|交给|账给|款给|送给|发给|"
    "我是|我叫|名叫|认识|找到|委托"
)
_LABELLED = f"(?:{_LABELS}|{_DONE}|[件款系诉保理告责办贷本证请益法卡护承租]人|[款托甲乙]方)"
_ENDS_OF_LABELS = "".join(sorted({each[-1] for each in f"{_LABELS}|{_DONE}|人|方".split("|")}))

# Before a name: characters with which the words for a person end, for what is done to one, and those in between.
_ROLE_ENDS = (
    "郎娘姥嫂伯侄孙辈童徒人员生师户友长工客主方妈爸哥姐弟妹者居属机手宾婆爷奶姨叔舅孩娃董总导护同伴侣夫妻儿女子家"
)
_CALLS = "代替找约叫喊问祝贺喜谢"
_BEFORE = "贺祝致询问替及或嗨亲恭贵陪护感歉好由给请知告系喜谢迎醒邀代帮是叫名为和与及让找催对跟被把的送接陪们"
_BEHIND_A_ROLE = rf"(?:(?<=[{_ROLE_ENDS}{_CALLS}].)|(?<=(?:房东|老乡|老公|外公|阿公).))"

# Where a name ends. A name that is replaced is no sign of the next one: redacting twice would change more.
_BEHIND = (
    rf"(?!〈姓)(?=$|[^{HAN}*]|"
    rf"[您你已将获收来刚今明昨等的在于与和户给向因为请从到有被让正现曾也都就还又没说想要发寄住同及]|"
    rf"{_ACTS})"
)
_STRONG = rf"(?=(?:[,，:：!！]?\s?(?:{_ACTS}))|[/])"
_ADDRESSED = r"(?=[\s,，:：!！。]|$|[您你])"
_ENDS = rf"(?=$|[^\w*]|[您你他她]|{_ACTS})"
_CERTAIN = (
    rf"(?=您好|你好|{_DEEDS}|欠[我你您他她款钱债]|{_TITLES_OF_PERSONS}|的[{HAN}]{{0,3}}(?:{_OWNED})|[（(]{_IDENTIFIED}|"
    rf"[,，:：!！]\s?(?:{_FOLLOWED}))"
)


class NameRule(NamedTuple):
    """A pattern with the group `name`; without its sign a text has no match."""

    pattern: str
    sign: str = ""


RULES: Final = (
    # A reader who is addressed.
    NameRule(
        rf"(?:尊敬|亲爱|敬爱|尊贵)的(?!{_READERS}){BEGINS}(?P<name>{ANY})(?={_ADDRESSED}|{TITLES}|{_READERS})",
        "的",
    ),
    # A label.
    NameRule(rf"[:：](?:(?<=人.)|(?<=(?:{_LABELS}).))\s{{0,2}}(?P<name>{GOOD}|[{HAN}*]{{2,4}})"),
    # Behind a signature or a role, before an act or a sign of one.
    NameRule(rf"[】\]〕/]{BEGINS}(?P<name>{ANY}|[{SURNAMES}][{HAN}]{{1,2}}(?=[,，:：!！]\s?[您你])){_STRONG}"),
    NameRule(
        rf"(?:[{_ROLE_ENDS}{_BEFORE}][:：,，]?\s{{0,2}}|[】\]〕](?![A-Z])){BEGINS}(?P<name>{GOOD}){_BEHIND}",
    ),
    # Between what is no Chinese character and a sign.
    NameRule(
        rf"(?P<name>[{SURNAMES}](?<![{HAN}A-Za-z0-9【\[〔「].)(?<!姓名〉.)[{SURNAMES}]?[{GIVEN}]{{1,2}}){_BEHIND}",
    ),
)
"""Signs of names that look like one."""

RULES_BESIDE_WORDS: Final = (
    # A reader who is addressed.
    NameRule(rf"(?:尊敬|亲爱|敬爱|尊贵)的(?!{_READERS})(?P<name>{BETWEEN_SIGNS})(?={_ADDRESSED}|{_READERS})", "的"),
    # A role or a label.
    NameRule(
        rf"[{_ENDS_OF_LABELS}](?=[:：,，]?\s{{0,2}}{FIRST_BETWEEN_SIGNS})(?<={_LABELLED})[:：,，]?\s{{0,2}}(?P<name>{BETWEEN_SIGNS})"
        rf"(?:{_BEHIND}|(?={_DEEDS}))"
    ),
    # From what is no character of a word to a sign behind the name, which is searched first: most texts have none.
    NameRule(rf"\W(?<![*〉])(?={FIRST_BETWEEN_SIGNS}[\w*]{{1,11}}?{_CERTAIN})(?P<name>{BETWEEN_SIGNS}){_CERTAIN}"),
    # The reader of a letter, and the person who signs it.
    NameRule(rf"[—\-致o](?:(?<=——)|(?<=--)|(?<=\W致)|(?<=此致)|(?<=To))\s?(?P<name>{BETWEEN_SIGNS})(?=\s*$|[:：])"),
    # A verb that begins a clause.
    NameRule(rf"[请由让找祝](?<!\w.)\s?(?P<name>{BETWEEN_SIGNS}){_ENDS}"),
)
"""Sure signs, between which any name may stand that does not begin like a word."""

# Surnames that are in many words.
_WORDY = "家路区员项种费包满越和商广公都国司管车向"
UNMARKED: Final = (
    rf"[{PLAIN_SURNAMES}](?:[{GIVEN}]{{2}}|[{PLAIN_SURNAMES}][{GIVEN}]{{2}}|[{SURE_MASK}]{{1,2}}[{GIVEN}]?"
    rf"|(?:(?<=[】\]〕/].)|{_BEHIND_A_ROLE})[{GIVEN}]|[{GIVEN}]{_BEHIND}|"
    rf"[ 　\-][{GIVEN}]{{1,2}}(?:(?![{HAN}])|{_BEHIND}))"
    rf"|[{SURNAMES}](?:{_BEHIND_A_ROLE}[{GIVEN}]{{2}}|(?<![{_WORDY}])[{GIVEN}]{{2}}{_BEHIND})"
    rf"|[{SURE_MASK}](?<![A-Za-z0-9*].)[{SURE_MASK}]?(?:[{GIVEN}]{{2}}|(?<![{HAN}].)[{GIVEN}]){_BEHIND}"
)
"""All characters are those of names; no sign is needed before most of them, and no word may overlap it."""
