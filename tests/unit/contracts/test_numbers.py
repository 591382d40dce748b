"""What the digits of a sender number mean. Every number here is fictitious or a public short code."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.carriers import CARRIERS
from contracts.numbers import ACCESS_CODES, MAX_DIGITS, NumberKind, SenderNumber, as_searched

DIGITS = st.text("0123456789", max_size=24)
PORTS = st.text("0123456789", min_size=5, max_size=17).map("106".__add__)
AS_TYPED = st.text(string.digits + "+ -()　＋０１２３４５６７８９－\u200b\u202c", max_size=30)
NEAR_NUMBERS = st.one_of(
    st.text(), AS_TYPED, DIGITS, PORTS, st.tuples(st.sampled_from(["+", "+86", "00", "0"]), DIGITS).map("".join)
)


@pytest.mark.parametrize(
    ("number", "base", "extension", "access_class"),
    [
        ("1062123499", "10621234", "99", "provincial-commercial"),
        ("106301230", "10630123", "0", "provincial-platform"),
        ("10635012345678", "106350123456", "78", "provincial-enterprise"),
        ("106380123456", "106380123456", "", "provincial-enterprise"),
        ("1063912312345", "10639123", "12345", "provincial-public-benefit"),
        ("1065312312345", "10653123", "12345", "carrier-own"),
        ("106612341234567", "10661234", "1234567", "national-commercial"),
        ("106812341", "10681234", "1", "national-platform"),
        ("10690123456789", "10690123", "456789", "national-platform"),
        ("1069112399", "10691123", "99", "national-platform"),
        ("106951234567890123", "106951234567", "890123", "national-enterprise"),
        ("10699123", "10699123", "", "national-public-benefit"),
    ],
)
def test_every_row_of_the_plan_defines_where_the_base_ends(
    number: str, base: str, extension: str, access_class: str
) -> None:
    sender = SenderNumber.parse(number)
    assert sender.kind is NumberKind.PORT
    assert (sender.base, sender.extension, sender.access_class) == (base, extension, access_class)
    assert sender.access_code == base
    assert not sender.off_plan


def test_the_plan_defines_the_use_the_scope_and_the_assigning_authority_of_a_port() -> None:
    access = SenderNumber.parse("1062123499").access
    assert access is not None
    assert (access.nature, access.scope, access.assigned_by) == ("commercial", "provincial", ("CA",))


def test_no_five_digits_match_two_rows_of_the_plan() -> None:
    for n in range(100):
        assert len([row for row in ACCESS_CODES if row.begins(f"106{n:02}")]) <= 1


@pytest.mark.parametrize(
    "number",
    ["10601234", "1061123456", "1063112345678", "1064812345678", "10671234", "1069512345", "10690", "106"],
)
def test_a_106_number_that_matches_no_row_is_a_port_off_the_plan(number: str) -> None:
    sender = SenderNumber.parse(number)
    assert sender.kind is NumberKind.PORT
    assert sender.off_plan
    assert sender.number == number
    assert (sender.base, sender.access_code, sender.access_class, sender.extension) == (None, None, None, "")
    assert sender.carriers == ()


@pytest.mark.parametrize(
    ("number", "carriers"),
    [
        ("1065512345", ("CUCC",)),
        ("1065712345", ("CMCC",)),
        ("1065812345", ("CMCC",)),
        ("1065912345", ("CTCC",)),
        ("1065312345", ()),
        ("1069012345", ()),
        ("10655", ()),
        ("13800000000", ()),
    ],
)
def test_the_plan_defines_the_carrier_of_some_ports(number: str, carriers: tuple[str, ...]) -> None:
    assert SenderNumber.parse(number).carriers == carriers


def test_every_carrier_of_the_plan_is_known() -> None:
    named = {carrier for n in range(100) for carrier in SenderNumber.parse(f"106{n:02}1234567").carriers}
    assert named
    assert named <= set(CARRIERS)


def test_a_filing_can_declare_the_base_or_any_longer_prefix() -> None:
    assert SenderNumber.parse("10690123456").declared_prefixes == ("1069012345", "106901234", "10690123")
    assert SenderNumber.parse("1069501234567").declared_prefixes == ("106950123456",)
    assert SenderNumber.parse("10690123").declared_prefixes == ()
    assert SenderNumber.parse("13800000000").declared_prefixes == ()


def test_a_filing_can_declare_a_prefix_that_is_newer_than_the_plan() -> None:
    assert SenderNumber.parse("1067123499").declared_prefixes == ("106712349", "10671234")
    assert SenderNumber.parse("10671").declared_prefixes == ()


@pytest.mark.parametrize(
    "raw",
    [
        "+8610690123456",
        "008610690123456",
        "8610690123456",
        "1069 0123-456",
        "（1069）0123456",
        "１０６９０１２３４５６",
        "＋８６ 10690123456",
        "\u202a+86 1069 0123 456\u202c",
        "\ufeff10690123456\u200b\r\n",
        "1069—0123－456",
        "\u200e1069\u2062012\ufe0f3456\U000e0041",
        "\u31641069\u28000123456\uffa0",
        "1\u20e306901\u0336 23456",
        "1069﹣0123〰456",
    ],
)
def test_all_spellings_of_a_port_are_the_same_number(raw: str) -> None:
    assert SenderNumber.parse(raw) == SenderNumber.parse("10690123456")
    assert str(SenderNumber.parse(raw)) == "10690123456"


@pytest.mark.parametrize(
    ("raw", "kind", "number"),
    [
        ("13800000000", NumberKind.MOBILE, "13800000000"),
        ("+86 138-0000-0000", NumberKind.MOBILE, "13800000000"),
        ("008619900000000", NumberKind.MOBILE, "19900000000"),
        ("8617000000000", NumberKind.MOBILE, "17000000000"),
        ("013800000000", NumberKind.MOBILE, "13800000000"),
        ("1440000000000", NumberKind.MOBILE, "1440000000000"),
        ("95588", NumberKind.SERVICE, "95588"),
        ("+8695588", NumberKind.SERVICE, "95588"),
        ("95588001", NumberKind.SERVICE, "95588001"),
        ("96123", NumberKind.SERVICE, "96123"),
        ("010-96123", NumberKind.SERVICE, "01096123"),
        ("02112345", NumberKind.SERVICE, "02112345"),
        ("10086", NumberKind.SERVICE, "10086"),
        ("10086999", NumberKind.SERVICE, "10086999"),
        ("12321", NumberKind.SERVICE, "12321"),
        ("110", NumberKind.SERVICE, "110"),
        ("4000000000", NumberKind.SERVICE, "4000000000"),
        ("(010) 8000-0000", NumberKind.LANDLINE, "01080000000"),
        ("+86 755 8000 0000", NumberKind.LANDLINE, "075580000000"),
        ("+86 (0)21 60000000", NumberKind.LANDLINE, "02160000000"),
        ("+852 0000 0000", NumberKind.INTERNATIONAL, "+85200000000"),
        ("0085200000000", NumberKind.INTERNATIONAL, "+85200000000"),
    ],
)
def test_a_number_that_is_not_a_port_has_another_kind(raw: str, kind: NumberKind, number: str) -> None:
    sender = SenderNumber.parse(raw)
    assert (sender.kind, sender.number) == (kind, number)
    assert (sender.base, sender.extension, sender.access, sender.off_plan) == (None, "", None, False)


def test_a_foreign_country_code_followed_by_the_digits_of_a_port_is_not_a_port() -> None:
    assert SenderNumber.parse("+10690123456").kind is NumberKind.INTERNATIONAL


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "  ",
        "abc",
        "60000000",
        "1380000000",
        "138000000000",
        "+",
        "+86",
        "10690x123",
        "١٠٦٩٠١٢٣",
        "①06901234",
        "🙂",
        "\x00",
        "\ud800",
    ],
)
def test_a_text_that_is_not_a_number_is_invalid(raw: str) -> None:
    assert SenderNumber.parse(raw).kind is NumberKind.INVALID


def test_a_port_has_no_more_digits_than_the_protocols_allow() -> None:
    longest = "10690123".ljust(MAX_DIGITS, "4")
    assert SenderNumber.parse(longest).kind is NumberKind.PORT
    assert SenderNumber.parse(longest + "4").kind is NumberKind.INVALID


@given(NEAR_NUMBERS)
@example("\x00" * 100)
@example("\ud800")
def test_any_text_can_be_parsed_and_stored(raw: str) -> None:
    number = SenderNumber.parse(raw).number
    assert "\x00" not in number
    assert len(number.encode()) <= 4 * 64


@given(NEAR_NUMBERS)
@example("０" * 70)
@example("+86 86 13800000000")
def test_parsing_a_parsed_number_changes_nothing(raw: str) -> None:
    once = SenderNumber.parse(raw)
    again = SenderNumber.parse(once.number)
    assert (again.number, again.kind, again.access) == (once.number, once.kind, once.access)
    assert hash(again) == hash(once)


@given(PORTS)
def test_base_and_extension_make_up_the_number(number: str) -> None:
    sender = SenderNumber.parse(number)
    assert sender.off_plan or f"{sender.base}{sender.extension}" == number


@given(PORTS)
def test_prefixes_range_from_one_digit_less_down_to_the_base(number: str) -> None:
    sender = SenderNumber.parse(number)
    lengths = [len(prefix) for prefix in sender.declared_prefixes]
    assert lengths == list(range(len(number) - 1, len(sender.base or number[:8]) - 1, -1))
    assert all(number.startswith(prefix) for prefix in sender.declared_prefixes)


def test_a_stored_number_keeps_its_meaning_where_more_is_read_now() -> None:
    stored = SenderNumber.of("1069\ufe0f0123456")
    assert (stored.number, stored.kind) == ("1069\ufe0f0123456", NumberKind.INVALID)


@given(NEAR_NUMBERS)
def test_a_parsed_number_is_read_as_stored_without_a_difference(raw: str) -> None:
    parsed = SenderNumber.parse(raw)
    stored = SenderNumber.of(parsed.number)
    assert (stored.number, stored.kind, stored.access) == (parsed.number, parsed.kind, parsed.access)


@pytest.mark.parametrize(
    ("given", "searched"),
    [
        ("+8610690123456", "10690123456"),
        (" 8610690123456", "10690123456"),
        ("008610690123456", "10690123456"),
        ("1069 0123-456", "10690123456"),
        (" 85200000000", "+85200000000"),
        ("客服", "客服"),
    ],
)
def test_a_number_is_searched_in_any_spelling_also_with_a_plus_that_became_a_space(given: str, searched: str) -> None:
    assert as_searched(given) == searched


@pytest.mark.parametrize(
    ("number", "person", "kept"),
    [
        ("1069012313900001234", "", "10690123"),
        ("106901235513900001234", "", "106901235513900001234"),  # too long to be a number
        ("10690123513900001234", "", "106901235"),
        ("10690123861390000123", "", "10690123861390000123"),
        ("1069012302087654321", "02087654321", "10690123"),
        ("1069012387654321", "87654321", "10690123"),
        ("1060000013900001234", "", "10600000"),
        ("9558813900001234", "", "95588"),
        ("106901239999999999", "", "106901239999999999"),
        ("13900001234", "", "13900001234"),
        ("13900001234", "13900001234", "13900001234"),
        ("02012345", "", "02012345"),
    ],
)
def test_the_number_of_a_person_is_cut_from_an_extension(number: str, person: str, kept: str) -> None:
    assert SenderNumber.parse(number).without_person(person).number == SenderNumber.parse(kept).number


@given(PORTS, st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_no_mobile_number_is_left_in_an_extension(number: str, person: str) -> None:
    left = SenderNumber.parse(number + person).without_person()
    assert left.kind is NumberKind.INVALID or person not in left.extension
