"""Credit codes: fictitious valid codes, and the faults of invalid ones. Region 990000 does not exist."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.credit_codes import CreditCode, CreditCodeFault, InvalidCreditCode

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BODIES = st.tuples(
    st.sampled_from(ALPHABET[1:]),  # no registering department has 0
    st.sampled_from(ALPHABET),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=8, max_size=8),
).map("".join)


def organisation_check(body: str) -> str:
    """GB 11714: the check character of the eight characters of an organisation code."""
    rest = 11 - sum(int(each, 36) * weight for each, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def check_character(code: str) -> str:
    """GB 32100: the check character of the seventeen characters before it; its weights are powers of 3 modulo 31."""
    return ALPHABET[-sum(ALPHABET.index(each) * pow(3, place, 31) for place, each in enumerate(code)) % 31]


def code_of(body: str) -> str:
    """A complete code from its first sixteen characters."""
    seventeen = body + organisation_check(body[8:])
    return seventeen + check_character(seventeen)


VALID = code_of("91990000MA0TEST8".replace("S", "5"))


def fault_of(raw: str) -> CreditCodeFault:
    with pytest.raises(InvalidCreditCode) as refused:
        CreditCode.parse(raw)
    return refused.value.fault


@given(BODIES)
@example("N2990000PX1Y2Q33")
@example("9199000000000000")
def test_a_code_with_correct_check_characters_is_parsed(body: str) -> None:
    code = CreditCode.parse(code_of(body))
    assert str(code) == code_of(body)
    assert code.region == body[2:8]
    assert code.organisation == code_of(body)[8:17]


@pytest.mark.parametrize(
    "raw",
    [
        VALID.lower(),
        f" {VALID[:2]} {VALID[2:8]}-{VALID[8:]}\n",
        "".join(chr(ord(each) + 0xFEE0) for each in VALID),
    ],
)
def test_lower_case_separators_and_full_width_characters_are_accepted(raw: str) -> None:
    assert CreditCode.parse(raw) == CreditCode(VALID)


@given(BODIES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_mistyped_character_is_detected(body: str, place: int, typed: str) -> None:
    code = code_of(body)
    if typed != code[place]:
        assert fault_of(code[:place] + typed + code[place + 1 :])


@given(BODIES)
def test_two_transposed_characters_are_detected(body: str) -> None:
    code = code_of(body)
    for place in range(17):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert swapped == code or fault_of(swapped)


@pytest.mark.parametrize("raw", ["", "91", VALID[:-1], VALID + "0", "9" * 5000])
def test_a_code_has_eighteen_characters(raw: str) -> None:
    assert fault_of(raw) is CreditCodeFault.LENGTH


@pytest.mark.parametrize("character", "IOSVZ*é十\x00\ud800")
@pytest.mark.parametrize("place", [0, 8, 17])
def test_a_character_outside_the_alphabet_is_refused(character: str, place: int) -> None:
    assert fault_of(VALID[:place] + character + VALID[place + 1 :]) is CreditCodeFault.CHARACTERS


def test_the_region_consists_of_digits() -> None:
    assert fault_of(VALID[:4] + "A" + VALID[5:]) is CreditCodeFault.CHARACTERS


def test_the_fault_names_the_wrong_check_character() -> None:
    assert fault_of(VALID[:17] + ("0" if VALID[17] != "0" else "1")) is CreditCodeFault.CHECK_CHARACTER
    wrong_inside = VALID[:16] + ("0" if VALID[16] != "0" else "1")
    assert fault_of(wrong_inside + check_character(wrong_inside)) is CreditCodeFault.ORGANISATION_CHECK


def test_the_refusal_is_a_value_error_with_a_readable_message() -> None:
    with pytest.raises(ValueError, match="18 characters"):
        CreditCode.parse("91")


@given(st.text())
@example("0" * 18)
def test_any_text_is_refused_or_is_a_complete_code(raw: str) -> None:
    try:
        code = str(CreditCode.parse(raw))
    except InvalidCreditCode:
        return
    assert code == code_of(code[:16])
