"""Damaged numbers: what is almost a number is an error that names the value and the likely cause, a name is a name."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chassis.characters import digits
from contracts.damage import DamageCause, damage_of
from contracts.numbers import SenderNumber


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        ("1.06907E+11", DamageCause.SCIENTIFIC),
        ("1,06907E+11", DamageCause.SCIENTIFIC),
        ("1.0690999900101e13", DamageCause.SCIENTIFIC),
        ("１.０６９０７Ｅ＋11", DamageCause.SCIENTIFIC),
        ("'1.06907E+11", DamageCause.SCIENTIFIC),
        ("1.06901123456780E+013", DamageCause.SCIENTIFIC),
        ("########", DamageCause.ERROR),
        ("＃＃＃", DamageCause.ERROR),
        ("#NAME?", DamageCause.ERROR),
        ("#VALUE!", DamageCause.ERROR),
        ("#DIV/0!", DamageCause.ERROR),
        ("#REF!", DamageCause.ERROR),
        ("#N/A", DamageCause.ERROR),
        ("#NV", DamageCause.ERROR),
        ("#WERT!", DamageCause.ERROR),
        ("#ИМЯ?", DamageCause.ERROR),
        ("#¡VALOR!", DamageCause.ERROR),
        ("Err:502", DamageCause.ERROR),
        ("10б90112345678", DamageCause.LETTERS),
        ("10b90112345678", DamageCause.LETTERS),
        ("+86 1069011б345678", DamageCause.CHARACTER),
        ("106909999001.0", DamageCause.DECIMALS),
        ("106909999001.00", DamageCause.DECIMALS),
        ("106909999001,0", DamageCause.DECIMALS),
        ("106,909,999,001", DamageCause.DECIMALS),
        ("106.909.999.001,00", DamageCause.DECIMALS),
        ("'106909999001", DamageCause.QUOTES),
        ("’106909999001", DamageCause.QUOTES),
        ('="106909999001"', DamageCause.QUOTES),
        ("=106909999001", DamageCause.QUOTES),
        ("“106909999001”", DamageCause.QUOTES),
        ("1O69O9999OO1", DamageCause.LETTERS),
        ("l06909999oo1", DamageCause.LETTERS),
        ("+86 1О6909999001", DamageCause.LETTERS),
        ("①06901234", DamageCause.DIGITS),
        ("١٠٦٩٠١٢٣", DamageCause.DIGITS),
        ("云杉书店<106909999001>", DamageCause.NAME),
        ("云杉书店 <+86 1069 0999 9001>", DamageCause.NAME),
        ("云杉书店（106909999001）", DamageCause.NAME),
        ("云杉书店106909999001", DamageCause.NAME),
        ("tel:106909999001", DamageCause.NAME),
        ("106909999001;106909999002", DamageCause.SEVERAL),
        ("106909999001, 106909999002", DamageCause.SEVERAL),
        ("0106909999001", DamageCause.LEADING_ZERO),
        ("106909999001106909999002", DamageCause.TOO_LONG),
        ("10690x9999001", DamageCause.CHARACTER),
        ("106909999001#", DamageCause.CHARACTER),
        ("106909999001*2", DamageCause.CHARACTER),
        ("1069012345678O", DamageCause.LETTERS),
        ("1069O", DamageCause.LETTERS),
        ("１０６９O", DamageCause.LETTERS),
        ("l069", DamageCause.LETTERS),
        ("①069", DamageCause.DIGITS),
        ("１０６.９", DamageCause.DECIMALS),
        ("106909****01", DamageCause.CHARACTER),
    ],
)
def test_what_is_almost_a_port_is_damaged_and_has_a_likely_cause(raw: str, cause: DamageCause) -> None:
    damage = damage_of(raw)
    assert damage is not None
    assert damage.cause is cause


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        ("1OO86", DamageCause.LETTERS),
        ("95588O", DamageCause.LETTERS),
        ("12306O", DamageCause.LETTERS),
        ("O10-62345678", DamageCause.LETTERS),
        ("l3912345678", DamageCause.LETTERS),
        ("①0086", DamageCause.DIGITS),
        ("10086.0", DamageCause.DECIMALS),
        ("1 391 234 5678.0", DamageCause.DECIMALS),
        ("1391234 5678 x9 <1>", DamageCause.NAME),
        ("Li <13912345678>", DamageCause.NAME),
        ("1E11", DamageCause.SCIENTIFIC),
        ("'1O6909999001", DamageCause.LETTERS),
        ('"l06909999001"', DamageCause.LETTERS),
        ("1.06907 E+11", DamageCause.SCIENTIFIC),
        ("1.06907E 11", DamageCause.SCIENTIFIC),
        ("10.6907E+10", DamageCause.SCIENTIFIC),
        ("0.106907E+12", DamageCause.SCIENTIFIC),
        ("-1.06907E+11", DamageCause.SCIENTIFIC),
        ("1.06907E+11.0", DamageCause.SCIENTIFIC),
        ("1.06907*10^11", DamageCause.SCIENTIFIC),
        ("9.5588E+04", DamageCause.SCIENTIFIC),
        ("1.0086E+4", DamageCause.SCIENTIFIC),
        ("1391234567", DamageCause.MISCOUNTED),
        ("159123456789", DamageCause.MISCOUNTED),
        ("139-1234-567", DamageCause.MISCOUNTED),
        ("139.1234.5678", DamageCause.DECIMALS),
        ("139_1234_5678", DamageCause.DECIMALS),
        ("1,391,234,5678", DamageCause.DECIMALS),
        ("13912345S78", DamageCause.LETTERS),
        ("955S8", DamageCause.LETTERS),
        ("9558B", DamageCause.LETTERS),
        ("9S5S8", DamageCause.LETTERS),
        ("1008G", DamageCause.LETTERS),
        ("IOO86", DamageCause.LETTERS),
        ("lOO10", DamageCause.LETTERS),
        ("95588,95599", DamageCause.SEVERAL),
        ("95588、95599", DamageCause.SEVERAL),
        ("95588 / 95599", DamageCause.SEVERAL),
        ("10086;10010；95588", DamageCause.SEVERAL),
        ("10086和10010", DamageCause.SEVERAL),
        ("13900001234/95588", DamageCause.SEVERAL),
        ("1391234567X", DamageCause.CHARACTER),
        ("13912З45678", DamageCause.CHARACTER),
        ("张三13912345678", DamageCause.NAME),
        ("张三（13912345678）", DamageCause.NAME),
        ("13912345678(张三)", DamageCause.NAME),
        ("工行（95588）", DamageCause.NAME),
        ("95588。", DamageCause.CHARACTER),
        ("???", DamageCause.LOST),
        ("锟斤拷", DamageCause.LOST),
        ("null", DamageCause.NO_VALUE),
        ("N/A", DamageCause.NO_VALUE),
        ("[object Object]", DamageCause.NO_VALUE),
    ],
)
def test_what_is_almost_another_number_is_damaged_too(raw: str, cause: DamageCause) -> None:
    damage = damage_of(raw)
    assert damage is not None
    assert damage.cause is cause


@pytest.mark.parametrize(
    "raw",
    [
        "106909999001#",
        "1O69012345OO83",
        "955S8",
        "IOO86",
        "95588,95599",
        "<1069>",
        "10086.0",
        "95588O",
        "1069O",
        "106909999001.0",
        "1.06907E+11",
        "'106909999001",
        '="106909999001"',
        "1O69O9999OO1",
        "云杉书店<106909999001>",
    ],
)
def test_the_error_shows_the_value(raw: str) -> None:
    damage = damage_of(raw)
    assert damage is not None
    assert f"`{raw}`" in damage.detail


@pytest.mark.parametrize(
    "raw",
    [
        "13900001234.0",
        "'13900001234",
        '="13900001234"',
        "赵六<13900001234>",
        "106909999001/13900001234",
        "10690x13900001234",
        "10690x139 0000 1234",
        "10690x139-0000-1234",
        "10690999900113900001234",
        "1069044x139.0000.1234",
        "1069044x139_0000_1234",
        "1O69044139OOOO1234",
        "106139OOOO1234",
        "云杉书店10613900001234",
        "①0690139００００1234",
        "1 390 000 1234.0",
        "l39OOOO1234",
        "1390000 1234 x9 <1>",
        "i39QQQQ1234",
        "|39OOOO1234",
        "张三13900001234",
        "1390000123X",
        "139.0000.1234",
        "10613900001234.0",
        "95588/13900001234",
        "139OOOO1234",
    ],
)
def test_a_number_that_may_be_a_persons_is_not_quoted(raw: str) -> None:
    damage = damage_of(raw)
    assert damage is not None
    assert "13900001234" not in digits(damage.detail, letters=True)


@pytest.mark.parametrize(
    "raw",
    [
        "银行客服",
        "Bank",
        "MYBANK1069",
        "BANK24",
        "106KING",
        "5E10",
        "#1店",
        "#云杉!",
        "A06",
        "云杉10690",
        "IDO88",
        "loo86",
        "ISO9001",
        "OICQ100",
        "BOSS95",
        "110SOS",
        "95588,银行",
        "24/7",
        "3com",
        "来自13900001234的短信",
        "",
        " - ",
        "…",
    ],
)
def test_a_name_is_not_damaged(raw: str) -> None:
    assert damage_of(raw) is None


@pytest.mark.parametrize(
    "raw", ["106909999001", "+86 1069-0999-9001", "１０６９０９９９９００１", "95588", "+85200000000"]
)
def test_a_number_is_not_damaged(raw: str) -> None:
    assert damage_of(raw) is None


@given(st.text("0123456789.,Ee+'=\"<>Ol 云*", max_size=30) | st.text())
@example("\ud800")
def test_any_text_can_be_judged(raw: str) -> None:
    damage = damage_of(raw)
    if damage is not None:
        assert SenderNumber.parse(raw).kind == "invalid"
        assert damage.detail
