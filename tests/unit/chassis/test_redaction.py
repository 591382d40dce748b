from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import characters, redaction
from chassis.escapes import unescaped
from chassis.privacy import excerpt, redact
from chassis.redaction import NUMBER, amounts, names
from chassis.redaction.shapes import SHAPES

PIECES = (
    *(
        "13800138000",
        "8",
        "1-2",
        "a.cn",
        "http://",
        "x9",
        "@b.cc",
        "QQ",
        "加V",
        "微信号",
        "ID:",
        "订单号",
        "尾号",
        "王",
    ),
    *("尊敬的", "欧阳", "先生", "客户", "您", "姓名：", "·", "*", "号楼", "，", "〈", "〉", "号码", " ", "零一二三四"),
    *("_", "-", "】", "。", "人:", "王明", "1000", "次仁", "我是", "Zhang Wei", "2026", "路5号", "店"),
)
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        # numbers
        ("请致电13800138000", "请致电〈号码〉"),
        ("请致电１３８００１３８０００", "请致电〈号码〉"),
        ("请致电①③⑧00138000", "请致电〈号码〉"),
        ("请致电138 0013 8000或400-800-1234", "请致电〈号码〉或〈号码〉"),
        ("机主138****8000", "机主〈号码〉"),
        ("请致电1\u200e3\u200e8\u200e0\u200e0\u200e1\u200e3\u200e8000", "请致电〈号码〉"),
        ("请致电\u31641\ufe0f3\ufe0f8\u28000\u28000\u2800138000\u202c", "请致电〈号码〉"),
        ("请致电1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣", "请致电〈号码〉"),
        ("请致电❶❸❽⑽⑴❸⓼⓪𝟎０", "请致电〈号码〉"),
        ("请致电1★3★8★0★0★1★3★8★0★0★0", "请致电〈号码〉"),
        ("请致电138–0013—8000", "请致电〈号码〉"),
        ("请致电1_3_8_0_0_1_3_8_0_0_0", "请致电〈号码〉"),
        ("原价99元，现价￥19，100，200", "原价99元，现价￥19，100，200"),
        ("电话一三八零零一三八零零零", "电话〈号码〉"),
        ("机主1三9零0零0五6七8来信", "机主〈号码〉来信"),
        ("机主一 三 九 零 零 零 零 五 六 七 八", "机主〈号码〉"),
        ("机主一、三、九，零零零零，五六七八", "机主〈号码〉"),
        ("机主%31%33%39%30%30%30%30%35%36%37%38", "机主〈号码〉"),
        ("机主&#49;&#51;&#57;&#48;&#48;&#48;&#48;&#53;&#54;&#55;&#56;", "机主〈号码〉"),
        ("机主139零零零零5678", "机主〈号码〉"),
        ("机主139    0000    5678", "机主〈号码〉"),
        ("机主〡〣〩〇〇〇〇〥〦〧〨", "机主〈号码〉"),
        ("余额12,345.67元，原价¥5999，营业8:30-21:00", "余额12,345.67元，原价¥5999，营业8:30-21:00"),
        ("活动截至2026-12-31，前1000名", "活动截至2026-12-31，前1000名"),
        ("卡号6222020200112233445余额", "卡号〈编码〉余额"),
        ("尾号12的卡", "尾号〈编码〉的卡"),
        ("身份证11010119900307123X已核验", "身份证〈编码〉已核验"),
        ("您预约了2026-03-01 09:30的门诊", "您预约了〈号码〉的门诊"),
        ("住3号楼2单元501室", "住〈号码〉号楼〈号码〉单元〈号码〉室"),
        ("满300减50,仅限3天", "满300减50,仅限3天"),
        # addresses and plates
        ("送至云溪市云杉路128弄5号302室，请签收", "送至〈地址〉，请签收"),
        ("送至白桦镇青松村7组12号", "送至〈地址〉"),
        ("请挪一下京A·12345", "请挪一下〈编码〉"),
        # links
        ("点t[.]cn/xyz领取", "点〈链接〉领取"),
        ("看t点cn", "看〈链接〉"),
        ("复制￥AbCd1234567￥打开", "复制￥〈编码〉￥打开"),
        ("点击https://a.cn/x?id=9查看", "点击〈链接〉查看"),
        ("点击dwz.cn/AbC123查看", "点击〈链接〉查看"),
        ("点击ｄｗｚ．ｃｎ／ＡｂＣ查看", "点击〈链接〉查看"),
        ("点击u.tb。cn查看", "点击〈链接〉查看"),
        ("点击d\u200bw\u200bz.\u2060cn/AbC查看", "点击〈链接〉查看"),
        ("点击аррӏе.соm/x1查看", "点击〈链接〉查看"),
        ("登录安宁银行.中国/vip查看", "〈链接〉查看"),
        ("看t(dot)example(dot)cn斜杠ab1", "看〈链接〉"),
        # e-mail and accounts
        ("回复zhang.san@example.com领取", "回复〈邮箱〉领取"),
        ("加微信：wxid_abc88详聊", "加微信：〈账号〉详聊"),
        ("加V：abcdef", "加V：〈账号〉"),
        ("QQ群号 55667788", "QQ群号 〈账号〉"),
        ("请联系vx hello_world", "请联系vx 〈账号〉"),
        # codes
        ("订单号DD20260301XY已发货", "订单号〈编码〉已发货"),
        ("包裹SF1234567890123到站,取件码A-3-12", "包裹〈编码〉到站,取件码〈编码〉"),
        ("验证码:abcd", "验证码:〈编码〉"),
        ("您的5G套餐", "您的5G套餐"),
        ("服务密码已重置为QWERTZ", "服务密码已重置为〈编码〉"),
        ("密码：Ab$9583，请登录", "密码：〈编码〉，请登录"),
        ("案件查询码Tiger.12，授权码421 071", "案件查询码〈编码〉，授权码〈编码〉"),
        ("请凭2031来取", "请凭〈编码〉来取"),
        ("初始5jbKXt", "初始〈编码〉"),
        ("开门用7hTbKq", "开门用〈编码〉"),
        # what an offer states
        ("10.1-10.7店庆，均价18000/平，到手价1999", "10.1-10.7店庆，均价18000/平，到手价1999"),
        ("99/199/299元三档，90*190cm", "99/199/299元三档，90*190cm"),
        ("2026新春，回馈1000名，充5000送1000", "2026新春，回馈1000名，充5000送1000"),
        ("详询95533，投诉12345", "详询95533，投诉12345"),
        ("一路发88888，平板X20-8G", "一路发88888，平板X20-8G"),
        ("3室2厅，2栋加推", "3室2厅，2栋加推"),
        ("取件码12345，验证码：2026，尾数8888", "取件码〈编码〉，验证码：〈编码〉，尾数〈号码〉"),
        ("机主1380000，5678", "机主〈号码〉"),
        ("国药准字H20081234，沪B2-20170088", "国药准字H20081234，沪B2-20170088"),
        ("童鞋130-170码，SVIP10，5号楼王加推", "童鞋130-170码，SVIP10，5号楼王加推"),
        # codes and links in words
        ("取货报 六六八二，货架号 B区4层-661", "取货报 〈编码〉，货架号 〈编码〉"),
        ("vcode:8h2k 开箱码→H5K9←", "vcode:〈编码〉 开箱码→〈编码〉←"),
        ("看 aBc:/ 09/14 kPd 直播", "看 〈编码〉 直播"),
        ("点qj5，cn，斜杠，k9或dwz[.]lc/9vTe", "点〈链接〉或〈链接〉"),
        # names
        ("尊敬的张三先生您好", "尊敬的〈姓名〉先生您好"),
        ("尊敬的李小明，您", "尊敬的〈姓名〉，您"),
        ("尊敬的客户，您", "尊敬的客户，您"),
        ("尊敬的用户您好", "尊敬的用户您好"),
        ("请欧阳修女士到场", "请〈姓名〉女士到场"),
        ("王*小姐的快递", "〈姓名〉小姐的快递"),
        ("收件人：赵六,请", "收件人：〈姓名〉,请"),
        ("【某银行】钱七,您的贷款", "【某银行】〈姓名〉,您的贷款"),
        ("令狐子轩的快递到了", "〈姓名〉的快递到了"),
        ("请由王晓明代收", "请由〈姓名〉代收"),
        ("【某银行】高端理财，您的首选", "【某银行】高端理财，您的首选"),
        ("我是陈静，换号了", "我是〈姓名〉，换号了"),
        ("通知郭芳(身份证", "通知〈姓名〉(身份证"),
        ("您的邻居仉雨睿邀请您", "您的邻居〈姓名〉邀请您"),
        ("你填写的紧急联系人是赵磊", "你填写的紧急联系人是〈姓名〉"),
        ("紧急联系人填写的马琳拒接电话", "紧急联系人填写的〈姓名〉拒接电话"),
        ("患者崔谢国萱，报告已出", "患者〈姓名〉，报告已出"),
        ("业主第五春翎您好", "业主〈姓名〉您好"),
        ("新郎蔡文然新娘", "新郎〈姓名〉新娘"),
        ("乘机人格桑卓玛，证件", "乘机人〈姓名〉，证件"),
        ("会员傅*轩生日快乐", "会员〈姓名〉生日快乐"),
        ("联系人 Oscar Hartley，Zhang Wei", "联系人 〈姓名〉，〈姓名〉"),
        ("公司客户经理张伟，任基金经理", "公司客户经理〈姓名〉，任基金经理"),
        ("云杉会员李女士，世纪明天", "云杉会员〈姓名〉女士，世纪明天"),
        ("祝您合家欢乐，登陆江苏", "祝您合家欢乐，登陆江苏"),
        ("【程雪松惠购】黑龙江天气", "【程雪松惠购】黑龙江天气"),
        ("阿依古丽.买买提", "〈姓名〉"),
        ("三八·妇女节", "三八·妇女节"),
        ("请转告危山，明天开会", "请转告〈姓名〉，明天开会"),
        ("木春莲的医保卡", "〈姓名〉的医保卡"),
        ("患者热依汗古丽（6床）", "患者〈姓名〉（6床）"),
        ("请 王 建 军 速回", "请 〈姓名〉 速回"),
        ("Dear Tenzin Dolma, your card", "Dear 〈姓名〉, your card"),
        ("Dear Customer, your card", "Dear Customer, your card"),
        ("业主须知，经营许可，欧冠竞猜", "业主须知，经营许可，欧冠竞猜"),
        ("RaiseException: item 5 of a set", "RaiseException: item 5 of a set"),
        ("Shut by order of the court", "Shut by order of the court"),
        ("阿依古丽·买买提", "〈姓名〉"),
        ("阿依古丽•买买提", "〈姓名〉"),
        ("尊敬的张\u200e三先\ufeff生您好", "尊敬的〈姓名〉先生您好"),
        ("加微\u200b信：wxid_abc88详聊", "加微信：〈账号〉详聊"),
    ],
)
def test_personal_data_is_redacted(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@given(TEXTS)
def test_redacting_twice_changes_nothing(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(TEXTS, st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), TEXTS)
def test_no_mobile_number_survives_in_any_context(before: str, number: str, after: str) -> None:
    assert number not in redact(before + number + after)


_FRAGMENTS = (
    *(
        "a@b.cn",
        "http://x.y/z",
        "www.a",
        "t.cn",
        "家.中国",
        "QQ",
        "扣扣",
        "企鹅号",
        "微信群",
        "薇信",
        "威信",
        "vX",
        "wx",
    ),
    *(
        "TG",
        "加V",
        "v:",
        "telegram",
        "WhatsApp",
        "纸飞机",
        "电报",
        "钉钉",
        "抖音",
        "公众号",
        "群号",
        "账号",
        "帐号",
        "账户",
    ),
    *(
        "用户名",
        "ID：",
        "订单",
        "单号",
        "运单",
        "取件码",
        "密码",
        "口令",
        "编号",
        "编码",
        "流水",
        "合同",
        "工单",
        "案号",
    ),
    *("证号", "保单", "学号", "工号", "车牌", "尾号", "卡号", "房号", "门牌", "A1B2C", "abc", "1234", "一二三四五"),
    *(
        "号楼",
        "栋",
        "幢",
        "单元",
        "室",
        "王·五",
        "尊敬的",
        "亲爱的",
        "敬爱的",
        "王",
        "欧阳",
        "*",
        "先生",
        "女士",
        "小姐",
    ),
    *(
        "太太",
        "同学",
        "老师",
        "经理",
        "律师",
        "法官",
        "警官",
        "医生",
        "主任",
        "顾问",
        "专员",
        "姓名:",
        "户名：",
        "】",
        "您",
    ),
    *(
        "京A",
        "￥",
        "路",
        "云杉路",
        "村",
        "12号",
        "3单元",
        "501",
        "王芳",
        "由",
        "客户",
        "令狐",
        "第五",
        "元",
        "：",
        "[.]",
        "com",
        "型号",
        "点",
    ),
    *(
        "你",
        ",",
        "。",
        ".",
        " ",
        "-",
        "_",
        ":",
        "１",
        "ａ",
        "①",
        "〈号码〉",
        "〈账号〉",
        "的",
        "是",
        "٣٤٥٦",
        "王明",
        "次仁",
        "1000",
    ),
)


@given(st.lists(st.sampled_from(_FRAGMENTS), max_size=12).map("".join))
def test_skipped_patterns_would_match_nothing(text: str) -> None:
    hidden = amounts.hide(characters.plain(unescaped(text)))
    searched = "】" + hidden
    for shape in SHAPES:
        searched = re.sub(shape.pattern, shape.replacement, searched)
    assert redaction._cut(hidden) == names.cut(searched)[1:]


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from("\u200b\u200e\ufe0f\u3164\u2800\U000e0041★"))
def test_no_mobile_number_survives_between_characters_that_are_not_seen(number: str, char: str) -> None:
    assert not set(number) & set(redact(char + char.join(number) + char))


def test_a_number_at_the_border_of_an_excerpt_does_not_survive_behind_characters_that_are_not_seen() -> None:
    assert excerpt("\u200b" * 890 + "13800138000", 40) == NUMBER


@given(TEXTS, st.integers(1, 40))
def test_an_excerpt_is_never_longer_than_requested_and_never_ends_within_a_placeholder(text: str, length: int) -> None:
    cut = excerpt(text, length)
    assert len(cut) <= length
    if "〈" not in text:
        assert cut.count("〈") == cut.count("〉") or "〉" in text


def test_an_excerpt_of_a_short_text_is_the_redacted_text() -> None:
    assert excerpt("请致电13800138000", 50) == "请致电〈号码〉"


def test_an_excerpt_is_cut_before_a_placeholder_that_does_not_fit() -> None:
    assert excerpt("请致电13800138000办理", 6) == "请致电…"


@pytest.mark.parametrize(
    "text",
    [
        "RuntimeError: a bug",
        "Connection Refused by Peer",
        "Mistake, corrected",
        "TimeoutError：重试",
        "Raise it 已处理",
    ],
)
def test_words_of_errors_and_logs_are_no_names(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1 ",
        "1★",
        "1_★",
        "a.",
        "A1",
        "-",
        "a_",
        "验证码",
        "王",
        "尊敬的",
        "·王",
        "1*",
        "@a",
        "a@",
        "路",
        "路1号",
        "1、",
        "a .c",
        "¥1",
        "】王",
        "人：王",
        "&#1;",
        "=E3",
        "王明",
        "王明天",
        "张先生",
        "次仁",
        "Zhang W",
        "1000元",
    ],
)
def test_a_hostile_text_takes_linear_time(piece: str) -> None:
    started = time.perf_counter()
    redact(piece * (64 * 1024 // len(piece)))
    assert time.perf_counter() - started < 5
