"""The states of a complaint (filed, assessed, corrected, withdrawn), and what its events contain."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from chassis.aggregate import Cause, ConflictError
from chassis.field_errors import InvalidFieldsError
from contracts.complaints import ComplaintAssessed, ComplaintWithdrawn
from services.complaints.model import Assessment, Complaint, ComplaintState, WithdrawalReason
from services.complaints.policy.assessment import OVER_CAP, assess, over_cap, standard
from services.complaints.policy.rulebook import RULES, ComplaintCap
from tests.unit.complaints.builders import NOON, complaint, filing, port, register

BECAUSE = Cause("complaint-1", "command-1")


def assessment(of: Complaint) -> Assessment:
    return assess(of, of.text or "", register(port()), standard(of.sent_at), NOON + timedelta(hours=1))


def assessed(text: str = "【云杉书店】新书上架，全场八折，回T退订", *, sender: str = "10690123456789") -> Complaint:
    made = complaint(text, sender=sender)
    made.assess(assessment(made), BECAUSE)
    return made


def test_the_event_carries_the_whole_assessment() -> None:
    made = assessed()
    [recorded] = made.drain()
    event = recorded.event
    assert isinstance(event, ComplaintAssessed)
    assert (recorded.version, made.state) == (1, ComplaintState.ASSESSED)
    assert (event.sender.number, event.sender.base, event.sender.extension) == ("10690123456789", "10690123", "456789")
    assert (event.attribution.kind, event.industry, event.category) == ("declared", "retail", "commercial")
    assert {rule.rule for rule in event.rules} >= {"assessment.classification", "assessment.signature"}
    assert event.reasons


def test_times_in_the_event_are_cut_to_the_hour() -> None:
    [recorded] = assessed().drain()
    event = recorded.event
    assert isinstance(event, ComplaintAssessed)
    for moment in (event.sent_at, event.received_at, event.attribution.as_of):
        assert (moment.minute, moment.second, moment.microsecond) == (0, 0, 0)


def test_the_event_contains_no_numbers_links_or_names_from_the_text() -> None:
    [recorded] = assessed("【云杉书店】尊敬的李明先生13900001234，详见 https://a.example/x7Kq2").drain()
    content = msgspec.json.encode(recorded.event).decode()
    assert "13900001234" not in content
    assert "李明" not in content
    assert "a.example" not in content


def test_a_complaint_is_assessed_once() -> None:
    made = assessed()
    with pytest.raises(ConflictError, match="this one is assessed"):
        made.assess(assessment(made), BECAUSE)


def test_versions_have_no_gaps() -> None:
    made = assessed()
    assert made.assessment is not None
    made.correct(msgspec.structs.replace(made.assessment, industry="education"), BECAUSE)
    made.correct(msgspec.structs.replace(made.assessment, industry="travel"), BECAUSE)
    made.withdraw(WithdrawalReason.TAKEN_BACK, BECAUSE)
    recorded = made.drain()
    assert [each.version for each in recorded] == [1, 2, 3, 4]
    assert isinstance(recorded[-1].event, ComplaintWithdrawn)


def test_a_complaint_that_waits_for_its_assessment_is_not_corrected() -> None:
    made = complaint()
    with pytest.raises(ConflictError):
        made.correct(assessment(made), BECAUSE)


def test_a_waiting_complaint_can_be_withdrawn_and_is_then_never_assessed() -> None:
    made = complaint()
    made.withdraw(WithdrawalReason.NO_COMPLAINT, BECAUSE)
    with pytest.raises(ConflictError):
        made.assess(assessment(made), BECAUSE)
    with pytest.raises(ConflictError):
        made.withdraw(WithdrawalReason.NO_COMPLAINT, BECAUSE)


@pytest.mark.parametrize(
    ("sender", "kind"),
    [("10690123456789", "p2p"), ("10690123456789", "other"), ("13900001234", "declared"), ("95588", "p2p")],
)
def test_a_correction_cannot_attribute_a_number_as_a_kind_that_it_is_not(sender: str, kind: str) -> None:
    made = assessed(sender=sender)
    assert made.assessment is not None
    who = msgspec.structs.replace(made.assessment.attribution, kind=kind)
    with pytest.raises(InvalidFieldsError):
        made.correct(msgspec.structs.replace(made.assessment, attribution=who), BECAUSE)
    assert made.version == 1


def test_a_mobile_number_has_no_holder() -> None:
    made = assessed(sender="13900001234")
    assert made.assessment is not None
    who = msgspec.structs.replace(made.assessment.attribution, holder="91440300MA5EXAMP0A")
    with pytest.raises(InvalidFieldsError):
        made.correct(msgspec.structs.replace(made.assessment, attribution=who), BECAUSE)


def test_advertising_through_a_port_filed_for_notices_is_a_reason() -> None:
    made = complaint()
    found = assess(made, made.text or "", register(port(filing(purpose="notice"))), standard(NOON), NOON)
    assert "purpose:filed-for-notice" in found.reasons
    assert not any(reason.startswith("purpose:") for reason in assessment(made).reasons)


def test_the_rules_are_those_of_the_day_the_message_was_sent() -> None:
    def purpose_rule(year: int) -> str:
        made = complaint(sent=NOON.replace(year=year))
        found = assess(made, made.text or "", register(), standard(made.sent_at), NOON)
        return next(rule.version for rule in found.rules if rule.rule == "assessment.purpose")

    assert purpose_rule(2020) == "CN-2015"
    assert purpose_rule(2026) == "CN-2026@2026-05-01"


def test_the_event_names_the_complainant_by_a_surrogate() -> None:
    made = complaint()
    made.surrogate = uuid4()
    made.assess(assessment(made), BECAUSE)
    [recorded] = made.drain()
    assert isinstance(recorded.event, ComplaintAssessed)
    assert recorded.event.complainant == made.surrogate


def test_near_the_change_of_quarters_the_event_carries_both_surrogates() -> None:
    made = complaint()
    made.surrogate_also = uuid4()
    made.assess(assessment(made), BECAUSE)
    [recorded] = made.drain()
    assert isinstance(recorded.event, ComplaintAssessed)
    assert (recorded.event.complainant, recorded.event.complainant_also) == (made.surrogate, made.surrogate_also)


def test_a_complaint_over_the_cap_is_marked_cites_the_rule_and_is_otherwise_unchanged() -> None:
    made = complaint()
    plain = assessment(made)
    cap = RULES.at(ComplaintCap, made.received_at).citation
    made.assess(over_cap(plain, cap), BECAUSE)
    [recorded] = made.drain()
    event = recorded.event
    assert isinstance(event, ComplaintAssessed)
    assert event.capped
    assert event.reasons == (*plain.reasons, OVER_CAP)
    assert event.rules == (*plain.rules, cap)
    assert (event.category, event.industry, event.vouched) == (plain.category.value, plain.industry, True)


def test_a_complaint_within_the_cap_is_not_capped() -> None:
    [recorded] = assessed().drain()
    assert isinstance(recorded.event, ComplaintAssessed)
    assert not recorded.event.capped
    assert OVER_CAP not in recorded.event.reasons


def test_twenty_complaints_in_thirty_days_count() -> None:
    cap = RULES.at(ComplaintCap, NOON)
    assert (cap.complaints, cap.window, cap.citation.mark) == (20, timedelta(days=30), "D")
