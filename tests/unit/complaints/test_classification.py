"""Classification of messages of every class. The messages were written for this test."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.industries import INDUSTRIES
from contracts.vocabulary import Category
from services.complaints.policy.assessment import standard
from services.complaints.policy.classification import Classification, classify
from services.complaints.policy.signatures import read
from tests.unit.complaints.builders import NOON


def classified(text: str) -> Classification:
    known = standard(NOON)
    return classify(text, read(text, known.lexicon.spelling, known.form), known.lexicon, known.thresholds)


@pytest.mark.parametrize(
    ("text", "industry"),
    [
        ("【云杉书店】周年庆全场图书五折起，满200减50，到店还有好礼，回T退订", "retail"),
        ("红枫超市开业酬宾，粮油水果特价，会员进店领红包", "retail"),
        ("您的4G流量不够用？回复LL办理30元流量包，立享国内流量10GB，详询营业厅", "telecom"),
        ("急用钱找我，无抵押信用贷款，月息低，当天放款，电话13900005678", "loans"),
        ("信用卡代还套现，POS机办理，费率低，微信同号13900005678", "loans"),
        ("江景洋房即将开盘，首付20万起，精装现房，看房专线02088887777", "property"),
        ("中考冲刺班招生，名师一对一辅导，数理化提分快，免费试听", "education"),
        ("周末自驾游，景区门票半价，含酒店住宿一晚，旅行社热线4008001234", "travel"),
        ("车险到期请及时投保，商业险优惠，保险公司专员为您服务", "insurance"),
        ("全新手游公测，开服送激活码，玩家战队等你来战", "games"),
        ("本院专家坐诊，种植牙、口腔体检优惠，预约门诊", "health"),
        ("你的欠款已逾期，今日不还将移交法务上门催收，并通知通讯录联系人", "collection"),
    ],
)
def test_an_advertisement_is_commercial_and_names_its_industry(text: str, industry: str) -> None:
    found = classified(text)
    assert (found.category, found.industry) == (Category.COMMERCIAL, industry), found


@pytest.mark.parametrize(
    "text",
    [
        "百家乐、六合彩、真人视讯，注册送88元彩金，首存翻倍 https://a.example/r",
        "澳 门 威 尼 斯 人 开户即送体验金，提款三分钟到账 b.example/x1",
        "本公司代开各行业增值税发票，点数低，验后付款，电话13900005678",
        "办证刻章，各类文凭、驾驶证、房产证，见证付款13900005678",
        "尊敬的工行用户，您的电子密码器将于今日失效，请登录我行网站 c.example/icbc 激活",
        "建设银行提醒：您的积分可兑换现金800元，请点击d.example/ccb领取",
        "您的信用卡因违规操作已被冻结，请致电13900005678办理解冻",
        "恭喜您被栏目组抽中为场外幸运观众，获得奖金和笔记本电脑，验证码8899，登录e.example/a",
        "旅客您好，您预订的航班因机械故障已取消，请联系客服13900005678办理退票改签",
        "老师建群带你抓涨停，每天免费推荐牛股，加微信验证，人满即封",
        "老同学，聚会的照片都在这里，你看看 f.example/p9",
        "您的iPhone已定位成功，请登录g.example/id找回丢失的设备",
        "【示例】h.example/zz81",
        "尊敬的客户，您尚未领取的话费即将失效，请尽快点击 i.example/hf",
        "農業銀行溫馨提示：您的手機銀行即將過期，請登錄 j.example/abc 升級",
    ],
)
def test_gambling_forged_papers_and_fraud_are_suspected_crime(text: str) -> None:
    found = classified(text)
    assert (found.category, found.industry) == (Category.SUSPECTED_CRIME, "crime"), found


@pytest.mark.parametrize(
    "text",
    [
        "【云杉账户】您的验证码是482913，5分钟内有效，请勿泄露给他人。",
        "【红枫快递】您的包裹已到驿站，请凭取件码3-2-8716取件。",
        "【白桦银行】您尾号1234的储蓄卡6月1日支出人民币56.00元，余额890.12元。",
        "【青松医院】您已预约成功，6月3日上午就诊，请携带证件。",
        "【气象台】今天夜里阴有阵雨，明天最高气温28度。",
    ],
)
def test_codes_and_notices_are_not_spam(text: str) -> None:
    assert classified(text).category is Category.NOT_SPAM, classified(text)


@pytest.mark.parametrize(
    "text",
    [
        "【云杉账户】验证码482913，5分钟内有效。新用户注册享八折优惠，点击 k.example/a",
        "您的快递已到，取件码8716，回复领取优惠券，全场八折，退订回T",
        "您尾号1234的银行卡已冻结，请登录 l.example/b 核实",
        "航班取消，出票成功后订单号9988，请联系客服13900005678改签",
    ],
)
def test_a_message_that_sells_or_lures_is_not_a_notice_even_with_a_code_in_it(text: str) -> None:
    assert classified(text).category is not Category.NOT_SPAM, classified(text)


def test_a_message_without_clear_evidence_is_commercial_and_its_industry_is_unknown() -> None:
    found = classified("您好，明天见")
    assert (found.category, found.industry, found.confidence) == (Category.COMMERCIAL, "unknown", 0.0)


def test_reasons_name_the_class_and_the_words_that_led_to_it() -> None:
    reasons = classified("本公司代开发票，验后付款，电话13900005678").reasons
    assert reasons[0] == "class:forged-papers"
    assert "word:代开" in reasons


def test_reasons_quote_only_words_of_the_lexicon() -> None:
    found = classified("代开发票找王小明13900005678，地址某路12号，m.example/kk")
    assert not any("王小明" in reason or "139" in reason or "m.example" in reason for reason in found.reasons)


def test_letters_in_a_link_are_not_words() -> None:
    assert "word:ag" not in classified("全场八折，详情 n.example/ag").reasons


def test_spaces_and_punctuation_between_letters_hide_nothing() -> None:
    assert classified("代-开 发.票，验 后 付 款").reasons[0] == "class:forged-papers"


@pytest.mark.parametrize(
    "text",
    [
        "代\u200b开\u2066发\ufe0f票，验\u3164后付\uffa0款",
        "代\u034f开\u2800发\U000e0041票，验后付款",
        "代🔥开★发☆票，验后付款",
    ],
)
def test_characters_that_are_not_seen_and_symbols_hide_no_word(text: str) -> None:
    assert classified(text).reasons[0] == "class:forged-papers"


def test_characters_that_are_not_seen_and_look_alikes_hide_no_link_phone_or_token() -> None:
    plain = classified("【示例】加VX领，h.example/zz81，13900001234")
    hidden = classified("【示例】加V\u200bХ领，h.\u2060ехаmple/zz81，1\u200e3❾0000①234")
    assert hidden == plain


@given(st.text(max_size=300))
def test_any_text_can_be_classified(text: str) -> None:
    found = classified(text)
    assert 0 <= found.confidence <= 1
    assert found.industry in INDUSTRIES
    assert found.reasons
