"""When an order may follow from complaints without a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ports.model import ShutdownGround
from services.ports.policy.decisions import EnquiryDecision, ShutdownDecision, decide, reservations
from services.ports.policy.evidence import Evidence
from services.ports.policy.independence import AutomaticRule, length
from services.ports.policy.situation import PastOrder, PastProposal, Situation
from tests.unit.ports.builders import (
    CITATION,
    NOON,
    NOW,
    complaint,
    days,
    filed,
    hours,
    register,
    rules,
    unregistered,
)

RULE = AutomaticRule(channels=2, span=timedelta(minutes=10), citation=CITATION)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def received(
    name: str, channel: str = "app", after: float = 0, *, crime: bool = False, actors: tuple[str, ...] = ()
) -> Evidence:
    """A complaint received so many minutes after noon."""
    return complaint(name, channel=channel, arrived=NOON + minutes(after), crime=crime, actors=actors)


def five(*channels: str, every: float = 10) -> list[Evidence]:
    """Five complaints through these channels in turn, one every so many minutes."""
    return [received(f"{n}", channels[n % len(channels)], n * every) for n in range(5)]


def decided(
    *arrivals: Evidence,
    before: Sequence[Evidence] = (),
    orders: Sequence[PastOrder] = (),
    proposals: Sequence[PastProposal] = (),
    filed_by: tuple[str, ...] = (),
) -> list[ShutdownDecision | EnquiryDecision]:
    situation = Situation(
        extract=register(filed(filed_by=filed_by)),
        before=before,
        arrivals=arrivals,
        orders=orders,
        proposals=proposals,
        now=NOW,
    )
    return decide(situation, rules(), RULE)


def decision(*arrivals: Evidence, **situation: Sequence[Evidence] | Sequence[PastProposal]) -> ShutdownDecision:
    (found,) = decided(*arrivals, **situation)  # type: ignore[arg-type]
    assert isinstance(found, ShutdownDecision)
    return found


def test_complaints_of_two_channels_received_over_ten_minutes_lead_to_an_order() -> None:
    found = decision(*five("app", "12321_web"))
    assert (found.reservations, found.basis.complainants, found.automatic) == ((), 5, CITATION)


def test_complaints_of_one_channel_are_proposed_however_many_there_are() -> None:
    found = decision(*(received(f"{n}", "app", n * 60) for n in range(40)))
    assert found.reservations == ("the complaints came through app; an automatic order needs 2 channels",)


def test_two_invented_numbers_of_one_channel_shut_no_port_for_a_crime() -> None:
    found = decision(received("a", crime=True), received("b", after=30, crime=True))
    assert found.ground is ShutdownGround.SUSPECTED_CRIME
    assert found.reservations


def test_complaints_received_at_once_are_proposed() -> None:
    found = decision(*five("app", "12321_web", every=2))
    assert found.reservations == (
        "the complaints reached the platform within 8 minutes; an automatic order needs 10 minutes",
    )


@pytest.mark.parametrize(("last", "automatic"), [(9.99, False), (10, True)])
def test_ten_minutes_are_enough(last: float, automatic: bool) -> None:
    found = decision(*five("app", "12321_web", every=0)[:4], received("last", after=last))
    assert (not found.reservations) is automatic


@pytest.mark.parametrize("arrived", range(1, 6))
def test_complaints_about_a_port_that_staff_filed_are_proposed_with_who_filed_it(arrived: int) -> None:
    evidence = five("app", "12321_web")
    (found,) = decided(*evidence[-arrived:], before=evidence[:-arrived], filed_by=("li",))
    assert isinstance(found, ShutdownDecision)
    assert found.reservations == ("staff filed or corrected 5 of the complaints, or filed the port",)
    assert found.basis.actors == ("li",)


def test_what_staff_filed_or_corrected_does_not_count_towards_an_order() -> None:
    found = decision(*five("app", "12321_web")[:4], received("last", "sms", 60, actors=("li",)))
    assert found.reservations == ("staff filed or corrected 1 of the complaints, or filed the port",)
    assert found.basis.actors == ("li",)


def test_complaints_of_staff_do_not_hinder_an_order_on_enough_others() -> None:
    by_staff = [received(f"staff {n}", "sms", n, actors=("li",)) for n in range(5)]
    found = decision(*five("app", "12321_web"), before=by_staff, proposals=[PastProposal("CMCC")])
    assert (found.reservations, found.basis.actors) == ((), ())


def test_evidence_of_an_earlier_release_is_proposed() -> None:
    unknown = [
        complaint(f"{n}", actors=("unknown",), sent=NOON + hours(n), channel="app", arrived=NOON) for n in range(5)
    ]
    assert decision(*unknown).reservations


def test_a_proposal_is_made_once_and_an_order_follows_when_the_evidence_suffices() -> None:
    pending = [PastProposal("CMCC")]
    one_channel = five("app")
    assert decided(received("another", after=70), before=one_channel, proposals=pending) == []
    found = decision(received("another", "sms", 70), before=one_channel, proposals=pending)
    assert found.reservations == ()


def test_a_pending_proposal_at_another_carrier_hinders_no_proposal() -> None:
    assert decision(*five("app"), proposals=[PastProposal("CUCC")]).reservations


def test_messages_sent_before_a_rejection_count_no_longer() -> None:
    rejected = [PastProposal("CMCC", rejected_at=NOON + days(1))]
    assert decided(received("late", "sms", 90), before=five("app"), proposals=rejected) == []
    assert decided(*five("app", "sms"), proposals=[PastProposal("CMCC", NOON - days(1))]) != []


def test_a_later_span_can_suffice_where_the_first_one_does_not() -> None:
    early = [complaint(f"early {n}", sent=NOON - days(9), arrived=NOON) for n in range(5)]
    late = [complaint(f"late {n}", sent=NOON + days(5), channel="sms", arrived=NOON + hours(1)) for n in range(4)]
    found = decision(received("between", after=5), before=[*early, *late])
    assert found.reservations == ()
    assert {each.channel for each in found.basis.span} == {"app", "sms"}


def test_an_order_after_an_enquiry_needs_a_person_for_the_same_reasons() -> None:
    def reserved(*evidence: Evidence) -> tuple[str, ...]:
        situation = Situation(extract=register(), before=evidence, now=NOW)
        return reservations(ShutdownGround.UNREGISTERED, "CMCC", situation, rules(), RULE)

    one, other = unregistered("a"), unregistered("b")
    assert reserved(one, other)
    apart = msgspec.structs.replace(other, channel="sms", arrived_at=NOON + hours(1))
    assert reserved(one, apart) == ()
    assert reserved(one) == ("too few complaints count by now",)


@given(st.lists(st.tuples(st.sampled_from(["app", "sms"]), st.integers(0, 30)), min_size=5, max_size=9))
def test_more_evidence_never_takes_an_order_away(drawn: list[tuple[str, int]]) -> None:
    evidence = [received(f"{n}", channel, after) for n, (channel, after) in enumerate(drawn)]
    allowed = [RULE.allows(evidence[:count]) for count in range(len(evidence) + 1)]
    assert allowed == sorted(allowed)


@pytest.mark.parametrize(
    ("span", "words"),
    [(timedelta(), "0 seconds"), (minutes(1.5), "1 minute"), (hours(30), "1 day"), (hours(2), "2 hours")],
)
def test_spans_are_stated_in_words(span: timedelta, words: str) -> None:
    assert length(span) == words


def test_complaints_of_a_held_channel_are_proposed() -> None:
    held = [msgspec.structs.replace(each, held=each.channel == "sms") for each in five("app", "sms")]
    found = decision(*held)
    assert found.reservations == ("the channel sms is held, because it files too much",)
