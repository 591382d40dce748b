"""What follows from complaints about a number, for each attribution of its sender."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import reference
from services.ports.model import Addressed, ShutdownGround
from services.ports.policy.decisions import (
    EnquiryDecision,
    ShutdownDecision,
    ThresholdRule,
    ThresholdRules,
    decide,
    ground_holds,
)
from services.ports.policy.evidence import Evidence, RegisterExtract, SenderAttribution
from services.ports.policy.situation import AccessCodeHolder, PastEnquiry, PastOrder, Situation
from services.ports.policy.windows import ComplainantThreshold
from tests.unit.ports.builders import (
    AT_ONCE,
    CITATION,
    HOLDER,
    NOON,
    NOW,
    NUMBER,
    OTHER_HOLDER,
    PROVIDER,
    complaint,
    days,
    filed,
    hours,
    register,
    rules,
    sublet,
    unreadable,
    unregistered,
)

FILED = register(filed())
NOT_FILED = register()
EVERYONE = ("CBN", "CMCC", "CTCC", "CUCC")


def decided(
    *arrivals: Evidence,
    filed_as: RegisterExtract = FILED,
    before: Sequence[Evidence] = (),
    orders: Sequence[PastOrder] = (),
    asked_at: Sequence[datetime] = (),
    holders: Sequence[AccessCodeHolder] = (),
    planned: Sequence[str] = (),
    by: ThresholdRules | None = None,
) -> list[ShutdownDecision | EnquiryDecision]:
    situation = Situation(
        extract=filed_as,
        holders={each.sent_at: holders for each in arrivals},
        planned=planned,
        carriers=EVERYONE,
        before=before,
        arrivals=arrivals,
        orders=orders,
        enquiries=[PastEnquiry(each) for each in asked_at],
        now=NOW,
    )
    return decide(situation, by or rules(), AT_ONCE)


def order_of(decisions: list[ShutdownDecision | EnquiryDecision]) -> ShutdownDecision:
    assert len(decisions) == 1
    assert isinstance(decisions[0], ShutdownDecision)
    return decisions[0]


def enquiry_of(decisions: list[ShutdownDecision | EnquiryDecision]) -> EnquiryDecision:
    assert len(decisions) == 1
    assert isinstance(decisions[0], EnquiryDecision)
    return decisions[0]


def five(**overrides: object) -> list[Evidence]:
    return [complaint(f"c{n}", **overrides) for n in range(5)]  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------- declared


def test_five_people_about_a_declared_port_shut_it_at_the_carrier_that_filed_it() -> None:
    order = order_of(decided(*five()))
    assert (order.carrier, order.ground, order.attribution) == (
        "CMCC",
        ShutdownGround.COMMERCIAL,
        SenderAttribution.DECLARED,
    )
    assert (order.holder, order.provider) == (HOLDER, PROVIDER)
    assert order.basis.complainants == 5
    assert order.basis.rule == CITATION


def test_four_people_about_a_declared_port_do_not_shut_it() -> None:
    assert decided(*five()[:4]) == []


def test_the_complaint_that_completes_the_window_is_the_trigger_of_the_order() -> None:
    assert order_of(decided(*five()[4:], before=five()[:4])).basis.trigger == five()[4]


def test_a_late_complaint_about_an_old_message_shuts_the_port() -> None:
    old = [complaint(f"old-{n}", sent=NOON - days(90)) for n in range(4)]
    late = complaint("late", sent=NOON - days(85))
    assert order_of(decided(late, before=[*old, *five()[:2]])).basis.span == [
        *sorted(old, key=lambda each: each.complaint),
        late,
    ]


def test_two_people_who_report_a_suspected_crime_are_enough() -> None:
    order = order_of(decided(*five(crime=True)[:2]))
    assert order.ground is ShutdownGround.SUSPECTED_CRIME


def test_the_graver_of_two_grounds_reached_by_one_complaint_is_named() -> None:
    crime = complaint("crime-1", crime=True)
    before = [complaint("crime-2", crime=True), *five()[:3]]
    assert order_of(decided(crime, before=before)).ground is ShutdownGround.SUSPECTED_CRIME


def test_the_ground_that_was_reached_first_is_the_one_that_counts() -> None:
    arrivals = [*five(), complaint("crime-1", crime=True), complaint("crime-2", crime=True)]
    assert order_of(decided(*arrivals)).ground is ShutdownGround.COMMERCIAL


def test_a_port_with_an_open_order_gets_no_second_one() -> None:
    assert decided(*five(), orders=[PastOrder("CMCC", None)]) == []


def test_an_order_at_another_carrier_does_not_prevent_one_here() -> None:
    assert decided(*five(), orders=[PastOrder("CUCC", None)]) != []


def test_complaints_about_messages_sent_before_the_last_lifting_do_not_count() -> None:
    lifted = [PastOrder("CMCC", NOON + hours(1))]
    assert decided(*five(), orders=lifted) == []
    assert decided(*five(sent=NOON + hours(2)), orders=lifted) != []


def test_the_end_of_a_listing_that_had_shut_the_port_does_not_affect_complaints() -> None:
    ended = [PastOrder("CMCC", NOON + hours(1), "listing:1", judges=False)]
    assert decided(*five(), orders=ended) != []
    lifted = [*ended, PastOrder("CMCC", NOON - hours(1))]
    assert decided(*five(), orders=lifted) != []


def test_a_port_that_a_listing_has_shut_is_not_ordered_shut_again() -> None:
    assert decided(*five(), orders=[PastOrder("CMCC", None, "listing:1", judges=False)]) == []


def test_one_person_on_both_sides_of_a_change_of_quarter_is_one_complainant_of_the_order() -> None:
    twice = [complaint("spring", by="spring", also="summer"), complaint("summer", by="summer", also="spring")]
    assert decided(*five()[:3], *twice) == []
    order = order_of(decided(*five()[:4], *twice))
    assert order.basis.complainants == 5
    assert len({each.complaint for each in order.basis.counted} & {each.complaint for each in twice}) == 1


def test_a_complaint_for_another_ground_still_connects_surrogates() -> None:
    crimes = [complaint("a", by="spring", crime=True), complaint("b", by="summer", crime=True)]
    assert decided(*crimes) != []
    assert decided(*crimes, before=[complaint("c", by="spring", also="summer")]) == []


def test_a_complaint_that_caused_an_order_triggers_no_second_one_but_still_counts() -> None:
    spent = [PastOrder("CMCC", NOON - days(1), reference("complaint", five()[4].complaint))]
    assert decided(five()[4], before=five()[:4], orders=spent) == []
    sixth = complaint("a sixth")
    assert order_of(decided(five()[4], sixth, before=five()[:3], orders=spent)).basis.trigger == sixth


def test_a_message_from_before_the_rules_leads_to_nothing() -> None:
    assert decided(*five(), by=lambda ground, on: None) == []


def test_the_rule_is_the_one_in_force_on_the_day_the_message_was_sent() -> None:
    def stricter_from_the_seventh(ground: ShutdownGround, on: date) -> ThresholdRule:
        return ThresholdRule(ComplainantThreshold(2 if on >= date(2020, 11, 7) else 5, days(10)), CITATION)

    assert decided(*five()[:2], by=stricter_from_the_seventh) == []
    # 17:00 UTC on the sixth is one o'clock on the seventh in Beijing.
    assert decided(*five(sent=NOON + hours(5))[:2], by=stricter_from_the_seventh) != []


# --------------------------------------------------------------------------------------------------------- sublet


def test_three_people_who_saw_another_signature_than_the_one_filed_shut_the_port_as_sublet() -> None:
    order = order_of(decided(*(sublet(f"s{n}") for n in range(3))))
    assert (order.ground, order.attribution) == (ShutdownGround.SUBLET, SenderAttribution.SUBLET_SUSPECTED)
    assert order.basis.trigger.signature == "模拟到家"
    assert order.holder == HOLDER


def test_a_mismatch_with_another_filing_than_ours_does_not_count() -> None:
    arrivals = [sublet(f"s{n}", filed_signature="虚构生活") for n in range(4)]
    assert decided(*arrivals) == []


def test_complaints_about_a_sublet_port_count_as_spam_too() -> None:
    arrivals = [sublet("s1"), sublet("s2"), *five()[:3]]
    assert order_of(decided(*arrivals)).ground is ShutdownGround.COMMERCIAL


# ------------------------------------------------------------------------------------------- unreadable signatures


def test_complaints_with_unreadable_signatures_shut_the_port_and_name_no_provider() -> None:
    order = order_of(decided(*(unreadable(f"x{n}") for n in range(5))))
    assert (order.ground, order.attribution) == (ShutdownGround.COMMERCIAL, SenderAttribution.DECLARED)
    assert (order.carrier, order.holder, order.provider) == ("CMCC", HOLDER, None)


def test_one_unreadable_signature_among_those_that_count_names_no_provider() -> None:
    assert order_of(decided(unreadable("x"), *five()[:4])).provider is None
    assert order_of(decided(*five()[:4], unreadable("x"))).provider is None
    assert order_of(decided(*five())).provider == PROVIDER


def test_an_unreadable_signature_is_no_sign_of_subletting() -> None:
    assert decided(*(unreadable(f"x{n}") for n in range(4))) == []


# --------------------------------------------------------------------------------------------------- unregistered


def two() -> list[Evidence]:
    return [unregistered("u1"), unregistered("u2")]


def test_an_unfiled_number_leads_to_an_enquiry_first() -> None:
    ask = enquiry_of(decided(*two(), filed_as=NOT_FILED))
    assert (ask.carriers, ask.because) == (EVERYONE, Addressed.EVERY_CARRIER)


def test_one_complaint_about_an_unfiled_number_leads_to_nothing() -> None:
    assert decided(unregistered("u1"), filed_as=NOT_FILED) == []


def test_the_carrier_with_filings_on_the_access_code_is_asked_and_its_holder_kept() -> None:
    ask = enquiry_of(decided(*two(), filed_as=NOT_FILED, holders=[AccessCodeHolder("CTCC", HOLDER)], planned=["CUCC"]))
    assert (ask.carriers, ask.because, ask.holders) == (("CTCC",), Addressed.ACCESS_CODE, {"CTCC": HOLDER})


def test_an_access_code_with_filings_of_several_enterprises_names_no_holder() -> None:
    holders = [AccessCodeHolder("CTCC", HOLDER), AccessCodeHolder("CTCC", OTHER_HOLDER)]
    assert enquiry_of(decided(*two(), filed_as=NOT_FILED, holders=holders)).holders == {"CTCC": None}


def test_without_filings_on_the_access_code_the_carrier_in_the_plan_is_asked() -> None:
    ask = enquiry_of(decided(*two(), filed_as=NOT_FILED, planned=["CUCC"]))
    assert (ask.carriers, ask.because) == (("CUCC",), Addressed.PLAN)


def test_no_second_enquiry_is_sent_about_a_number() -> None:
    assert decided(*two(), filed_as=NOT_FILED, asked_at=[NOW - days(1)]) == []


def test_a_number_can_be_asked_about_again_after_an_order_about_it_is_lifted() -> None:
    orders = [PastOrder("CMCC", NOON - days(1))]
    assert decided(*two(), filed_as=NOT_FILED, asked_at=[NOON - days(2)], orders=orders) != []


def test_a_number_whose_filing_ended_can_be_asked_about_again() -> None:
    prefix = NUMBER[:10]
    ended = register(
        filed(number=prefix, since=NOON - days(90)), filed(number=prefix, since=NOON - days(1), covers=False)
    )
    assert decided(*two(), filed_as=ended, asked_at=[NOON - days(100)]) != []
    assert decided(*two(), filed_as=ended, asked_at=[NOON]) == []


def test_a_port_declared_after_its_complaints_is_neither_shut_nor_asked_about() -> None:
    late = register(filed(since=NOON + days(1)))
    assert decided(*(unregistered(f"u{n}") for n in range(9)), filed_as=late) == []


def test_complaints_from_before_the_filing_do_not_count_towards_shutting_a_port() -> None:
    late = register(filed(since=NOON + days(1)))
    early = [unregistered(f"u{n}") for n in range(4)]
    since = [complaint(f"d{n}", sent=NOON + days(2)) for n in range(5)]
    assert decided(*early, since[0], filed_as=late) == []
    assert order_of(decided(*since, before=early, filed_as=late)).basis.span == sorted(
        since, key=lambda each: each.complaint
    )


def test_our_own_register_overrides_the_attribution_of_the_complaints_service() -> None:
    arrivals = [unregistered(f"u{n}") for n in range(5)]
    assert order_of(decided(*arrivals, filed_as=FILED)).attribution is SenderAttribution.DECLARED
    assert enquiry_of(decided(*five(), filed_as=NOT_FILED)).because is Addressed.EVERY_CARRIER


@pytest.mark.parametrize("hint", ["declared", "unregistered"])
def test_a_filing_found_within_the_hour_of_sending_makes_the_number_declared(hint: str) -> None:
    """Here a message sent at 12:40 has the time 12:00; its port was filed at 12:30."""
    this_hour = register(filed(since=NOON + hours(0.5)))
    outcome = decided(*five(hint=hint), filed_as=this_hour)
    assert (outcome != []) == (hint == "declared")


# --------------------------------------------------------------------------------------------- covered extensions


def test_a_filing_that_covers_extensions_applies_to_longer_numbers() -> None:
    order = order_of(decided(*five(), filed_as=register(filed(number=NUMBER[:10]))))
    assert order.attribution is SenderAttribution.DECLARED


def test_the_longest_declared_prefix_of_several_covering_filings_applies() -> None:
    entries = register(
        filed(number=NUMBER[:8], holder=OTHER_HOLDER, carrier="CUCC"),
        filed(number=NUMBER[:12], holder=HOLDER, carrier="CMCC"),
        filed(number=NUMBER[:13], holder=OTHER_HOLDER, carrier="CTCC"),
        filed(number=NUMBER[:13], holder=OTHER_HOLDER, carrier="CTCC", since=NOON - days(30), covers=False),
    )
    order = order_of(decided(*five(carrier=None, holder=None), filed_as=entries))
    assert (order.carrier, order.holder) == ("CMCC", HOLDER)


def test_the_exact_number_applies_before_any_prefix() -> None:
    entries = register(filed(number=NUMBER[:8], carrier="CUCC", holder=OTHER_HOLDER), filed())
    assert order_of(decided(*five(carrier="CUCC"), filed_as=entries)).carrier == "CMCC"


def test_the_carrier_that_complaints_name_is_chosen_where_two_filed_the_number() -> None:
    both = register(filed(carrier="CMCC"), filed(carrier="CUCC"))
    assert order_of(decided(*five(carrier="CUCC"), filed_as=both)).carrier == "CUCC"


# ------------------------------------------------------------------------------------------ whether a ground holds


def holds(ground: ShutdownGround, *evidence: Evidence, filed_as: RegisterExtract = FILED) -> bool:
    situation = Situation(extract=filed_as, before=evidence, now=NOW)
    return ground_holds(ground, "CMCC", situation, rules())


def test_a_ground_holds_while_enough_complaints_count() -> None:
    assert holds(ShutdownGround.COMMERCIAL, *five())
    assert not holds(ShutdownGround.COMMERCIAL, *five()[:4])


def test_a_reassessment_from_sublet_to_declared_takes_the_ground_of_subletting_away() -> None:
    assert holds(ShutdownGround.SUBLET, *(sublet(f"s{n}") for n in range(3)))
    assert not holds(ShutdownGround.SUBLET, sublet("s0"), sublet("s1"), complaint("s2"))


def test_one_person_with_two_surrogates_counts_once_for_a_ground() -> None:
    twice = [complaint("spring", by="spring", also="summer"), complaint("summer", by="summer")]
    assert not holds(ShutdownGround.COMMERCIAL, *five()[:3], *twice)
    assert holds(ShutdownGround.COMMERCIAL, *five()[:4], *twice)


def test_a_reassessment_from_crime_to_spam_takes_the_ground_of_crime_away() -> None:
    assert not holds(ShutdownGround.SUSPECTED_CRIME, complaint("a", crime=True), complaint("b"))


# --------------------------------------------------------------------------------------------------- batches, orders


@given(
    st.lists(
        st.tuples(st.integers(0, 25), st.integers(0, 6), st.none() | st.integers(0, 6), st.booleans(), st.booleans()),
        max_size=14,
    ),
    st.data(),
)
def test_the_same_complaints_lead_to_the_same_orders_however_they_are_batched(
    received: list[tuple[int, int, int | None, bool, bool]], data: st.DataObject
) -> None:
    evidence = [
        complaint(
            f"{n}",
            by=str(who),
            also=None if twin is None else str(twin),
            sent=NOON + days(day),
            crime=crime,
            hint="sublet-suspected" if another else "declared",
        )
        for n, (day, who, twin, crime, another) in enumerate(received)
    ]
    cut = data.draw(st.integers(0, len(evidence)))
    whole = decided(*evidence)
    parts = decided(*evidence[:cut]) or decided(*evidence[cut:], before=evidence[:cut])
    assert parts == whole
