"""Intake: a report is accepted or all its errors are reported, and a complaint that is sent again is recognised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from contracts.vocabulary import Consent
from services.complaints.policy.intake import Report, earlier_readings, find_errors
from services.complaints.policy.rulebook import RULES, ComplaintForm
from tests.unit.complaints.builders import NOON, days, report

NOW = NOON + timedelta(hours=1)


def codes(**overrides: object) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in find_errors(report(**overrides), RULES.at(ComplaintForm, NOW), NOW)]


def test_a_valid_report_has_no_errors() -> None:
    assert codes() == []
    assert codes(external_id=None, complainant_province=None) == []


@pytest.mark.parametrize("number", ["13900001234", "+86 139-0000-1234", "１３９００００１２３４", "02087654321"])
def test_a_complainant_has_a_mobile_or_a_landline_number(number: str) -> None:
    assert codes(complainant_number=number) == []


@pytest.mark.parametrize("number", ["", "139", "10690123456789", "95588", "+85261234567", "anonymous", "1390000123x"])
def test_a_complainant_without_such_a_number_is_refused(number: str) -> None:
    assert codes(complainant_number=number) == [("complainant_number", "number")]


@pytest.mark.parametrize("number", ["13900001234.0", "'13900001234", "1.3900001234E+10"])
def test_a_complainants_damaged_number_is_refused_with_the_likely_cause_and_without_the_number(number: str) -> None:
    (error,) = find_errors(report(complainant_number=number), RULES.at(ComplaintForm, NOW), NOW)
    assert "spreadsheet" in error.detail
    assert "3900001234" not in error.detail


@pytest.mark.parametrize("text", ["", "   ", "\u200b \u3164", "字" * 2001])
def test_an_empty_or_blank_or_too_long_text_is_refused(text: str) -> None:
    assert codes(text=text) == [("text", "length")]


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_text_that_cannot_be_stored_is_refused(text: str) -> None:
    assert codes(text=text) == [("text", "characters")]


@pytest.mark.parametrize("text", ["????", "【??】?????? ??", "锟斤拷锟斤拷", "八折\ufffd", "八折锟斤拷"])
def test_a_text_whose_characters_a_conversion_lost_is_refused_as_such(text: str) -> None:
    (error,) = find_errors(report(text=text), RULES.at(ComplaintForm, NOW), NOW)
    assert (error.field, error.code) == ("text", "lost")
    assert "lost when the text was converted" in error.detail


@pytest.mark.parametrize("text", ["？", "在吗？？？", "【????】全场八折"])
def test_a_text_with_question_marks_is_accepted(text: str) -> None:
    assert codes(text=text) == []


def test_any_sender_is_accepted_that_is_not_empty_and_not_too_long() -> None:
    assert codes(sender_number="银行客服") == []
    assert codes(sender_number="x" * 65) == [("sender_number", "length")]
    assert codes(sender_number="") == [("sender_number", "length")]
    assert codes(sender_number=" - ") == [("sender_number", "length")]
    assert codes(sender_number="1\x000690") == [("sender_number", "characters")]


@pytest.mark.parametrize("sender", ["13900001234", "+86 139 0000 1234", "来自13900001234的短信"])
def test_a_sender_is_not_the_complainant(sender: str) -> None:
    assert codes(sender_number=sender) == [("sender_number", "personal")]
    assert codes(sender_number=sender, complainant_number="13900001235") == []


@pytest.mark.parametrize(
    "sender",
    [
        *(
            "来自1\ufe0f3900001234",
            "来自①③⑨00001234的短信",
            "139_0000_1234",
            "139.0000.1234",
            "139/0000/1234",
            "139·0000·1234",
        ),
        *("一三九零零零零一二三四", "١٣٩٠٠٠٠١٢٣٤", "१३९००००१२३४", "139x0000x1234", "l39OOOO1234", "+86_139_0000_1234"),
    ],
)
def test_a_complainants_number_does_not_hide_behind_look_alikes(sender: str) -> None:
    assert codes(sender_number=sender) == [("sender_number", "personal")]


@pytest.mark.parametrize(
    "sender",
    [
        *("1.06907E+11", "106909999001.0", "'106909999001", '="106909999001"', "1O69O9999001", "店<106909999001>"),
        *("955S8", "IOO86", "95588,95599", "????"),
    ],
)
def test_a_sender_that_is_almost_a_number_is_refused_with_its_value_and_the_likely_cause(sender: str) -> None:
    (error,) = find_errors(report(sender_number=sender), RULES.at(ComplaintForm, NOW), NOW)
    assert (error.field, error.code, error.value) == ("sender_number", "damaged", sender)
    assert sender in error.detail


def test_the_extension_of_a_port_may_be_any_digits() -> None:
    assert codes(sender_number="1069012313900001234") == []


def test_a_complaint_is_not_received_in_the_future_but_clocks_may_run_a_little_ahead() -> None:
    assert codes(received_at=NOW + timedelta(minutes=4)) == []
    assert codes(received_at=NOW + timedelta(minutes=6)) == [("received_at", "future")]


def test_a_message_is_sent_before_its_complaint_is_received() -> None:
    assert codes(sent_at=NOON + timedelta(hours=1)) == [("sent_at", "order")]


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])
def test_dates_in_the_distant_past_or_future_are_refused(zone: timezone) -> None:
    ancient = datetime(1, 1, 1, tzinfo=zone)
    assert codes(sent_at=ancient) == [("sent_at", "too-early")]
    assert codes(received_at=datetime(9999, 12, 31, 23, tzinfo=zone)) == [("received_at", "future")]


def test_unknown_codes_are_refused() -> None:
    assert codes(channel="fax") == [("channel", "unknown-channel")]
    assert codes(complainant_province="44") == [("complainant_province", "unknown-province")]


def test_an_external_id_is_printable_and_does_not_contain_the_complainants_number() -> None:
    assert codes(external_id="") == codes(external_id=" \u3000") == [("external_id", "length")]
    assert codes(external_id=" a b ") == codes(external_id="e\u0301" * 128) == []
    assert codes(external_id=" hmac:00") == [("external_id", "reserved")]
    assert codes(external_id="a\nb") == [("external_id", "length")]
    assert codes(external_id="x" * 129) == [("external_id", "length")]
    assert codes(external_id="hmac:00") == [("external_id", "reserved")]
    assert codes(external_id="20260601-13900001234") == [("external_id", "personal")]
    assert codes(external_id="20260601-139\ufe0f0000①234") == [("external_id", "personal")]
    assert codes(external_id="20260601/139_0000_1234") == [("external_id", "personal")]
    assert codes(external_id="一三九零零零零一二三四") == [("external_id", "personal")]


def test_a_landline_of_the_complainant_is_recognised_without_its_0() -> None:
    assert codes(complainant_number="02087654321", sender_number="86_20_8765_4321") == [("sender_number", "personal")]
    assert codes(complainant_number="02087654321", external_id="86-20-8765-4321") == [("external_id", "personal")]


def test_all_errors_are_reported_at_once() -> None:
    assert len(codes(channel="fax", text="", complainant_number="x", sent_at=NOON + days(1))) == 4


def test_an_unknown_field_is_an_error_that_names_the_field() -> None:
    line = msgspec.json.encode(report()).replace(b'"channel"', b'"surprise":1,"channel"')
    with pytest.raises(msgspec.ValidationError, match="surprise"):
        msgspec.json.decode(line, type=Report)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    line = msgspec.json.encode(report(sent_at=NOON)).replace(b'04:30:17Z"', b'04:30:17"', 1)
    with pytest.raises(msgspec.ValidationError, match="timezone"):
        msgspec.json.decode(line, type=Report)


def test_a_complaint_in_another_spelling_is_the_same_complaint() -> None:
    beijing = timezone(timedelta(hours=8))
    again = report(
        complainant_number="+8613900001234", sender_number="106 9012 3456789", sent_at=NOON.astimezone(beijing)
    )
    assert again.identity == report().identity
    assert again.content == report().content


@pytest.mark.parametrize(
    ("sender", "recognised_by"),
    [
        ("10690123456789", "10690123456789"),
        ("\u202a+86 1069-0123456789\u202c", "10690123456789"),
        ("１０６９０１２３４５６７８９", "10690123456789"),
        ("银行 客服", "银行客服"),
        # Read as the same port since the table of characters; filed before it, under another identity.
        ("1069\ufe0f0123456789", "1069\ufe0f0123456789"),
        ("1069\u20620123456789", "1069\ufffd0123456789"),
        ("1069﹣0123456789", "1069﹣0123456789"),
        ("106909999001.0", "106909999001.0"),
    ],
)
def test_a_complaint_is_recognised_by_the_identity_under_which_an_earlier_release_filed_it(
    sender: str, recognised_by: str
) -> None:
    fields = ["app", "13900001234", recognised_by, f"{NOON.timestamp():.6f}", report().text]
    now = report(sender_number=sender)
    identities = {each.identity for each in (now, *earlier_readings(now))}
    assert "".join(f"{len(each)}:{each}" for each in fields) in identities


@pytest.mark.parametrize("char", [*"\u3164\u2800\ufe0f\u034f\u180e\u206a﹣〜\x1f\u200b \u3000", "\U000e0041"])
def test_a_sender_with_a_character_that_does_not_count_is_the_same_sender(char: str) -> None:
    assert report(sender_number=f"1069{char}0123456789{char}").identity == report().identity


@pytest.mark.parametrize(
    "overrides",
    [
        {"channel": "sms"},
        {"complainant_number": "13900001235"},
        {"sender_number": "10690123456780"},
        {"text": "八折"},
        {"sent_at": NOON + timedelta(seconds=1)},
    ],
)
def test_another_channel_person_sender_text_or_time_is_another_complaint(overrides: dict[str, object]) -> None:
    assert report(**overrides).identity != report().identity


@pytest.mark.parametrize(
    "overrides", [{"unsubscribed": True}, {"consented": Consent.YES}, {"complainant_province": "310000"}]
)
def test_other_fields_are_part_of_the_content_but_not_of_the_identity(overrides: dict[str, object]) -> None:
    assert report(**overrides).identity == report().identity
    assert report(**overrides).content != report().content
