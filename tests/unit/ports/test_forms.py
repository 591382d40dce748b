"""A filing form: what is read into a filing, and what its errors tell a clerk."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from chassis import rules
from chassis.calendar import LEGAL_TIME
from chassis.field_errors import FieldError, InvalidFieldsError
from services.ports.commands.forms import FilingForm, FilingLine, read_form

NOW = datetime(2026, 11, 27, 10, tzinfo=LEGAL_TIME)
GOOD = {
    "number": "10690123456789",
    "carrier": "CMCC",
    "holder_uscc": "91330000FAKE00064F",
    "holder_name": "示例短信信息",
    "provider_uscc": "91330000FAKE00064F",
    "provider_name": "样例服务中心",
    "signature": "样例服务",
    "purpose": "notice",
    "declared_from": "2024-01-05",
}


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026")


def read(**fields: str) -> FilingForm:
    return read_form(msgspec.convert(GOOD | fields, FilingLine), NOW)


def error(field: str, value: str) -> FieldError:
    """The only error of a form in which one field is wrong."""
    with pytest.raises(InvalidFieldsError) as caught:
        read(**{field: value})
    (found,) = caught.value.errors
    assert found.field == field
    return found


NO_DAY = "is not a day in the form YYYY-MM-DD"
NO_PROVINCE = "is not the six-digit code of a province"
NO_PORT = "is not a number on an access code of the numbering plan"
CARRIERS = "(expected: CMCC, CUCC, CTCC, CBN)"
PURPOSES = "(expected: notice, verification, marketing, public-service)"


@pytest.mark.parametrize(
    ("field", "value", "detail"),
    [
        ("carrier", "cmcc", f"is unknown here; did you mean CMCC? {CARRIERS}"),
        ("carrier", "中国移动", f"is unknown here; did you mean CMCC? {CARRIERS}"),
        ("carrier", "移动", f"is unknown here; did you mean CMCC? {CARRIERS}"),
        ("carrier", "СМСС", f"is unknown here; did you mean CMCC? {CARRIERS}"),
        ("purpose", "营销", f"is unknown here; did you mean marketing? {PURPOSES}"),
        ("declared_from", "２０２４-01-05", f"{NO_DAY}; did you mean 2024-01-05?"),
        ("declared_from", "２０２４－０１－０５", f"{NO_DAY}; did you mean 2024-01-05?"),
        ("purpose", "Marketting", f"is unknown here; did you mean marketing? {PURPOSES}"),
        ("province", "广东", f"{NO_PROVINCE}; did you mean 440000?"),
        ("province", "440100", f"{NO_PROVINCE}; did you mean 440000?"),
        ("province", "990000", NO_PROVINCE),
        ("declared_from", "2024/1/5", f"{NO_DAY}; did you mean 2024-01-05?"),
        ("declared_from", "20240105", f"{NO_DAY}; did you mean 2024-01-05?"),
        ("declared_from", "2024年1月5日", f"{NO_DAY}; did you mean 2024-01-05?"),
        ("declared_from", "2024-01-05 00:00:00", f"{NO_DAY}; did you mean 2024-01-05?"),
        ("declared_from", "45296", f"{NO_DAY}; did you mean 2024-01-05? A spreadsheet stores a day as a number"),
        ("declared_from", "2024-02-30", NO_DAY),
        ("declared_from", "2999-01-01", "lies in the future: today is 2026-11-27"),
        ("declared_from", "0001-01-01", "is before 2000-01-01: such an early day is a mistake"),
        ("holder_uscc", "9133", "is not a credit code: a credit code has 18 characters; this one has 4"),
        ("number", "1069", f"{NO_PORT}: it begins with 106, but is too short, or its access code is not assigned"),
        ("number", "SHOP", f"{NO_PORT}: it is not a number in digits"),
    ],
)
def test_an_error_names_the_value_what_is_expected_and_the_likely_cause(field: str, value: str, detail: str) -> None:
    assert error(field, value).detail == f"`{value}` {detail}"


def test_a_missing_value_is_named_as_missing() -> None:
    for nothing in ("", " ", "\u200b\u3000", "\u3164", "\u2800", "\ufe0f"):
        for field in ("carrier", "holder_name", "signature"):
            assert error(field, nothing) == FieldError(field, "a value is required")


@pytest.mark.parametrize("field", ["holder_name", "provider_name", "signature"])
def test_a_name_whose_characters_a_conversion_lost_is_refused_as_such(field: str) -> None:
    lost = "in the place of characters that were lost when the text was converted; take it from the source"
    assert error(field, "????").detail == f"`????` is not readable: question marks stand {lost}"
    assert error(field, "锟斤拷").detail == f"`锟斤拷` is not readable: 锟斤拷 stands {lost}"


def test_the_error_of_a_name_states_the_place_of_a_wrong_character() -> None:
    printed = error("holder_name", "示例\u0007信息")
    assert printed.detail == "`示例<U+0007>信息` has a wrong character 3: U+0007, which cannot be printed"
    lost = error("signature", "示\u200b例\ufffd")
    assert "has a wrong character 4: U+FFFD, in the place of one that was lost" in lost.detail
    assert read(signature="样例服务\n") == read()
    assert error("signature", "样" * 41).detail == f"`{'样' * 40}…` has 41 characters; at most 40 are possible"


@pytest.mark.parametrize("value", ["10690112345678%", "1O69O9999OO1", "1.06907E+11", "10690123456789.0"])
def test_a_damaged_number_is_shown_once(value: str) -> None:
    found = error("number", value)
    assert found.value == value
    assert found.detail.startswith(f"`{value}` is not a number, but almost one: ")
    assert found.detail.count("`") == 2


def test_a_damaged_number_that_may_be_a_persons_is_shown_redacted() -> None:
    found = error("number", "13900001234.0")
    assert "13900001234" not in f"{found.value} {found.detail}"
    assert found.detail.count("`") == 2


def test_the_value_of_an_error_is_redacted_where_it_may_be_a_persons_number() -> None:
    assert error("carrier", "cmcc").value == "cmcc"
    for field in ("number", "carrier", "holder_uscc", "declared_from", "province", "purpose"):
        found = error(field, "13900001234")
        assert found.value == "〈号码〉"
        assert "13900001234" not in found.detail


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("\u3000示例信息\u00a0", "示例信息"),
        ("示例\u3000信息", "示例 信息"),
        ("\ufeff示例\u200b信息\u200e", "示例信息"),
        ("天\ufe0f南", "天南"),
        ("天\u3164南", "天南"),
        ("天\u2800南", "天南"),
        ("天\u034f南", "天南"),
        ("Cafe\u0301 天南", "Café 天南"),
        ("示例（北京）ＡＢ", "示例（北京）ＡＢ"),
    ],
)
def test_every_kind_of_space_is_an_ordinary_one_and_invisible_characters_do_not_count(given: str, stored: str) -> None:
    assert read(holder_name=given).holder_name == stored


def test_invisible_characters_around_a_code_do_not_count() -> None:
    assert read(carrier="CMCC\u200b", purpose="\u3000notice", declared_from="\ufeff2024-01-05") == read()
