"""Signatures: found at both ends of a message, and normalised to one spelling."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.characters import visible
from services.complaints.policy.assessment import standard
from services.complaints.policy.signatures import SignatureForm, normalised, read
from tests.unit.complaints.builders import NOON

FORM = SignatureForm(2, 18)


def signatures(text: str) -> tuple[str, ...]:
    return read(text, standard(NOON).lexicon.spelling, FORM).signatures


@pytest.mark.parametrize(
    "text",
    [
        "【云杉书店】新书上架",
        "新书上架【云杉书店】",
        "〔云杉书店〕新书上架",
        "[云杉书店]新书上架",
        "［云杉书店］新书上架",
        "「云杉书店」新书上架",
        "  \u200b【云杉书店】新书上架",
        "【云 杉 书 店】新书上架",
        "【云杉·书店】新书上架",
        "【云杉书店官方】新书上架",
        "【VIP云杉书店】新书上架",
        "【云杉书店有限公司】新书上架",
        "新书上架【云杉书店】退订回T",
        "新书上架【云杉书店】回复TD退订",
        "新书上架【云杉书店】 拒收请回复R",
        "新书上架，回T退订【云杉书店】\n",
        "\u200e【云杉书店】新书上架",
        "新书上架【云杉书店】\u200e",
        "【云\u200e杉\ufe0f书\u3164店】新书上架",
        "新书上架\u202e【云杉书店】\u2066退\u200b订回Ｔ\ufeff",
        "\u2800\U000e0041【\u3164云杉书店\uffa0】新书上架",
        "🔥【云杉书店】新书上架",
        "～★【云杉★书店】新书上架",
        "新书上架【云杉书店】🔥",
        "新书上架【云杉书店】。",
        "(1/2)【云杉书店】新书上架",
        "新书上架【云杉书店】（退订回T）",
        "⟦云杉书店⟧新书上架",
        "︻云杉书店︼新书上架",
        "〘云杉书店〙新书上架",
        "｢云杉书店｣新书上架",
        "新书上架﹝云杉书店﹞",
        "【云杉书店]新书上架",
        "【【云杉书店】】新书上架",
    ],
)
def test_a_signature_is_found_at_either_end_in_any_spelling(text: str) -> None:
    assert signatures(text) == ("云杉书店",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "新书上架",
        "今晚七点，在我们大学路十二号的门店里，新书陆续上架，【云杉书店】有一场活动，敬请光临，期待您和家人一起来看新书",
        "【】新书上架",
        "【云】新书上架",
        "【温馨提示】今晚停水",
        "[微笑]新书上架",
        "【没有说完的",
        "说完没有】",
        "【这是一整句放进括号里的标题而不是谁的名字请看清楚】新书上架",
    ],
)
def test_text_without_a_bracketed_name_at_either_end_has_no_signature(text: str) -> None:
    assert signatures(text) == ()


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("（云杉书店）新书上架", "云杉书店"),
        ("新书上架（云杉书店）", "云杉书店"),
        ("《云杉书店》新书上架", "云杉书店"),
        ("<云杉书店>新书上架", "云杉书店"),
        ("«云杉书店»新书上架", "云杉书店"),
        ("云杉书店】新书上架", "云杉书店"),
        ("新书上架【云杉书店", "云杉书店"),
        ("【云杉书店新书上架", "云杉书店新书上架"),
        ("新书上架云杉书店】", "新书上架云杉书店"),
        ("亲【云杉书店】新书上架", "云杉书店"),
        ("1【云杉书店】新书上架", "云杉书店"),
        ("您好【云杉书店】新书上架", "云杉书店"),
        ("尊敬的客户，您好：【云杉书店】新书上架", "云杉书店"),
        ("亲～～～～～～～～～～～～～～～～～～～～【云杉书店】新书上架", "云杉书店"),
        ("hi【云杉书店】新书上架", "云杉书店"),
        ("T:【云杉书店】新书上架", "云杉书店"),
        ("ː【云杉书店】新书上架", "云杉书店"),
        ("亲[微笑]【云杉书店】新书上架", "云杉书店"),
        ("（限时，仅今天）【云杉书店】新书上架", "云杉书店"),
        ("亲【云杉书店", "云杉书店"),
        ("新书上架【云杉书店】谢谢", "云杉书店"),
        ("≪云杉书店≫新书上架", "云杉书店"),
        ("<<云杉书店>>新书上架", "云杉书店"),
        ("⋘云杉书店⋙新书上架", "云杉书店"),
        ("⫷云杉书店⫸新书上架", "云杉书店"),
        ("⎡云杉书店⎤新书上架", "云杉书店"),
        ("༺云杉书店༻新书上架", "云杉书店"),
        ("᚛云杉书店᚜新书上架", "云杉书店"),
        ("﴾云杉书店﴿新书上架", "云杉书店"),
        ("꧁云杉书店꧂新书上架", "云杉书店"),
        ("„云杉书店“新书上架", "云杉书店"),
        ("‚云杉书店‘新书上架", "云杉书店"),
        ("“云杉书店”新书上架", "云杉书店"),
        ('"云杉书店"新书上架', "云杉书店"),
        ("〝云杉书店〞新书上架", "云杉书店"),
        ("┃云杉书店┃新书上架", "云杉书店"),
        ("|云杉书店|新书上架", "云杉书店"),
        ("★云杉书店★新书上架", "云杉书店"),
        ("★ 云杉书店 ☆新书上架", "云杉书店"),
        ("#云杉书店#新书上架", "云杉书店"),
        ("•云杉书店•新书上架", "云杉书店"),
        ("-云杉书店-新书上架", "云杉书店"),
        ("_云杉书店_新书上架", "云杉书店"),
        ("新书上架★云杉书店★", "云杉书店"),
        ("新书上架“云杉书店”退订回T", "云杉书店"),
        ("（1/2）|云杉书店|新书上架", "云杉书店"),
        ("【云】新书上架", "云"),
        ("&#12304;云杉书店&#12305;新书上架", "云杉书店"),
        ("&#x3010;云杉书店&#X3011;新书上架", "云杉书店"),
        ("&amp;#12304;云杉书店&amp;#12305;新书上架", "云杉书店"),
        ("&#12304云杉书店&#12305新书上架", "云杉书店"),
        ("&#12304;&#20113;&#26441;&#12305;新书上架", "云杉"),
        ("&lt;云杉书店&gt;新书上架", "云杉书店"),
        ("新书上架&lt;云杉书店&gt;", "云杉书店"),
        ("&lbrack;云杉书店&rbrack;新书上架", "云杉书店"),
        ("%E3%80%90云杉书店%E3%80%91新书上架", "云杉书店"),
        (r"\u3010云杉书店\u3011新书上架", "云杉书店"),
        ("新书上架%u3010云杉书店%u3011", "云杉书店"),
        ("新书上架=E3=80=90云杉书店=E3=80=91", "云杉书店"),
        (r"新书上架\xe3\x80\x90云杉书店\xe3\x80\x91", "云杉书店"),
        ("新书上架%A1%BE云杉书店%A1%BF", "云杉书店"),
        ("＆#12304；云杉书店＆#12305；新书上架", "云杉书店"),
        ("& #12304;云杉书店& #12305;新书上架", "云杉书店"),
        (r"\u{3010}云杉书店\u{3011}新书上架", "云杉书店"),
        ("U+3010云杉书店U+3011新书上架", "云杉书店"),
        (r"\N{LEFT BLACK LENTICULAR BRACKET}云杉书店\N{RIGHT BLACK LENTICULAR BRACKET}新书上架", "云杉书店"),
        ("&amp;amp;amp;#12304;云杉书店&amp;amp;amp;#12305;新书上架", "云杉书店"),
        ("丨云杉书店丨新书上架", "云杉书店"),
        ("ǀ云杉书店ǀ新书上架", "云杉书店"),
        ("【】新书上架", ""),
        ("【\u200e】新书上架", ""),
        ("【？？？？】新书上架", ""),
        ("【★】新书上架", ""),
        (
            "【这是一整句放进括号里的标题而不是谁的名字请看清楚】新书上架",
            "这是一整句放进括号里的标题而不是谁的名字请看清楚",
        ),
        (f"【{'长' * 99}】新书上架", ""),
    ],
)
def test_what_stands_for_a_signature_without_its_form_is_unread(text: str, unread: str) -> None:
    signed = read(text, standard(NOON).lexicon.spelling, FORM)
    assert signed.signatures == ()
    assert signed.unread == (unread,)
    assert signed.unreadable


@pytest.mark.parametrize(
    "text",
    [
        "",
        "新书上架",
        "今晚七点，在我们大学路十二号的门店里，新书陆续上架，【云杉书店】有一场活动，敬请光临，期待您和家人一起来看新书",
        "【温馨提示】今晚停水",
        "[微笑]新书上架",
        "(1/2)新书上架",
        "新书上架（退订回T）",
        "新书上架（活动最终解释权归本店，详询门店）",
        "“新书上架，欢迎光临”",
        "您的验证码[123456]，请勿告诉他人",
        "您好[微笑]新书上架",
        "★新书上架",
        "★温馨提示★今晚停水",
        "温馨提示】今晚停水",
        "新书上架~",
        "“8”折，详情 https://example.com/8/",
        "《",
        "①[链接]",
        "低至50%88折 R&D中心&nbsp;新书上架",
        "新书上架 https://example.com/?a=1&b=%E4%BA%91",
        "&#12304;温馨提示&#12305;今晚停水",
    ],
)
def test_a_message_without_a_signature_is_not_unreadable(text: str) -> None:
    signed = read(text, standard(NOON).lexicon.spelling, FORM)
    assert (signed.signatures, signed.unread, signed.unreadable) == ((), (), False)


def test_a_signature_whose_text_was_decoded_as_gb18030_is_unreadable() -> None:
    text = "【云杉书店】新书上架".encode().decode("gb18030", "ignore")
    assert read(text, standard(NOON).lexicon.spelling, FORM).unreadable


def test_a_signature_that_can_be_read_makes_a_message_readable() -> None:
    signed = read("（限时）【云杉书店】新书上架", standard(NOON).lexicon.spelling, FORM)
    assert (signed.signatures, signed.unread, signed.unreadable) == (("云杉书店",), ("限时",), False)


def test_brackets_in_the_text_do_not_count_where_a_signature_can_be_read() -> None:
    signed = read("【云杉书店】亲【会员日】八折“限时”", standard(NOON).lexicon.spelling, FORM)
    assert (signed.signatures, signed.unreadable) == (("云杉书店",), False)


def test_signs_at_the_end_stay_in_the_body() -> None:
    assert read("新书上架，低至50%", standard(NOON).lexicon.spelling, FORM).body == "新书上架，低至50%"


def test_look_alikes_and_fillers_in_a_name_are_the_same_name() -> None:
    spelling = standard(NOON).lexicon.spelling
    assert normalised("ВOОК\u3164店", spelling) == normalised("BOOK店", spelling)


def test_a_hostile_text_takes_linear_time() -> None:
    started = time.perf_counter()
    for piece in (
        "【",
        "】",
        "【】",
        "（",
        "（）",
        "（云杉）",
        "★",
        "[云]",
        "a】【",
        "a【",
        "a【云】",
        "a|云|",
        "&#12304;云",
        "|",
        "“云杉",
    ):
        signatures(piece * (2000 // len(piece)))
    assert time.perf_counter() - started < 5


def test_several_signatures_are_found_in_order() -> None:
    assert signatures("【云杉书店】【红枫超市】八折【白桦药房】") == ("云杉书店", "红枫超市", "白桦药房")


def test_a_signature_at_both_ends_counts_once() -> None:
    assert signatures("【云杉书店】八折【云杉 书店】") == ("云杉书店",)


def test_a_body_is_the_text_without_its_signatures() -> None:
    assert read("【云杉书店】八折【红枫】退订回T", standard(NOON).lexicon.spelling, FORM).body == "八折"


def test_a_name_that_is_only_decoration_is_not_shortened() -> None:
    assert normalised("VIP", standard(NOON).lexicon.spelling) == "vip"
    assert normalised("有限公司", standard(NOON).lexicon.spelling) == "有限公司"


def test_different_names_stay_different() -> None:
    spelling = standard(NOON).lexicon.spelling
    assert normalised("云杉书店", spelling) != normalised("云松书店", spelling)
    assert normalised("云杉会员", spelling) != normalised("云杉", spelling)


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    signed = read(text, standard(NOON).lexicon.spelling, FORM)
    assert signed.body in visible(text)
    assert all(FORM.shortest <= len(name) <= FORM.longest for name in signed.signatures)


@pytest.mark.parametrize(
    "name", ["13900001234", "客服13900001234", "一三九〇〇〇〇一二三四", "１３９-0000-1234", "87654321"]
)
def test_the_number_of_a_person_is_no_signature(name: str) -> None:
    found = read(f"【{name}】新书上架", standard(NOON).lexicon.spelling, FORM)
    assert (found.signatures, found.unreadable) == ((), True)


@pytest.mark.parametrize("name", ["12306", "95588", "10086", "云杉2026", "三六五书店"])
def test_short_codes_and_years_are_in_signatures(name: str) -> None:
    assert signatures(f"【{name}】新书上架") == (name,)
