"""What follows from complaints about a number, row by row of the table of who is the subject and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ports.model import Addressed, Ground
from services.ports.model.order import reference
from services.ports.policy.decisions import (
    Ask,
    Facts,
    Owner,
    PastEnquiry,
    PastOrder,
    Rule,
    Rules,
    Shut,
    decide,
    ground_stands,
)
from services.ports.policy.evidence import Evidence, Register, Standing
from services.ports.policy.windows import Bar
from tests.unit.ports.builders import (
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
    unregistered,
)

FILED = register(filed())
NOT_FILED = register()
EVERYONE = ("CBN", "CMCC", "CTCC", "CUCC")


def decided(
    *arrivals: Evidence,
    filed_as: Register = FILED,
    before: Sequence[Evidence] = (),
    orders: Sequence[PastOrder] = (),
    asked_at: Sequence[datetime] = (),
    owners: Sequence[Owner] = (),
    planned: Sequence[str] = (),
    by: Rules | None = None,
) -> list[Shut | Ask]:
    facts = Facts(
        number=NUMBER,
        register=filed_as,
        owners=owners,
        planned=planned,
        carriers=EVERYONE,
        before=before,
        arrivals=arrivals,
        orders=orders,
        enquiries=[PastEnquiry(each) for each in asked_at],
        now=NOW,
    )
    return decide(facts, by or rules())


def order_of(decisions: list[Shut | Ask]) -> Shut:
    assert len(decisions) == 1
    assert isinstance(decisions[0], Shut)
    return decisions[0]


def enquiry_of(decisions: list[Shut | Ask]) -> Ask:
    assert len(decisions) == 1
    assert isinstance(decisions[0], Ask)
    return decisions[0]


def five(**say: object) -> list[Evidence]:
    return [complaint(f"c{n}", **say) for n in range(5)]  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------- declared


def test_five_people_about_a_declared_port_shut_it_at_the_carrier_that_filed_it() -> None:
    order = order_of(decided(*five()))
    assert (order.carrier, order.ground, order.attribution) == ("CMCC", Ground.COMMERCIAL, Standing.DECLARED)
    assert (order.holder, order.provider) == (HOLDER, PROVIDER)
    assert order.finding.complainants == 5
    assert order.finding.rule == CITATION


def test_four_people_do_not() -> None:
    assert decided(*five()[:4]) == []


def test_the_complaint_that_completed_the_window_is_named_as_what_triggered_the_order() -> None:
    assert order_of(decided(*five()[4:], before=five()[:4])).finding.trigger == five()[4]


def test_a_late_complaint_of_an_old_message_shuts_the_port() -> None:
    old = [complaint(f"old-{n}", sent=NOON - days(90)) for n in range(4)]
    late = complaint("late", sent=NOON - days(85))
    assert order_of(decided(late, before=[*old, *five()[:2]])).finding.span == [
        *sorted(old, key=lambda each: each.complaint),
        late,
    ]


def test_two_people_who_report_a_suspected_crime_are_enough() -> None:
    order = order_of(decided(*five(crime=True)[:2]))
    assert order.ground is Ground.SUSPECTED_CRIME


def test_of_two_grounds_reached_by_one_complaint_the_graver_is_named() -> None:
    crime = complaint("crime-1", crime=True)
    before = [complaint("crime-2", crime=True), *five()[:3]]
    assert order_of(decided(crime, before=before)).ground is Ground.SUSPECTED_CRIME


def test_the_ground_that_was_reached_first_is_the_one_that_counts() -> None:
    arrivals = [*five(), complaint("crime-1", crime=True), complaint("crime-2", crime=True)]
    assert order_of(decided(*arrivals)).ground is Ground.COMMERCIAL


def test_while_an_order_is_open_no_second_one_is_made() -> None:
    assert decided(*five(), orders=[PastOrder("CMCC", None)]) == []


def test_an_order_at_another_carrier_is_none_here() -> None:
    assert decided(*five(), orders=[PastOrder("CUCC", None)]) != []


def test_complaints_of_messages_sent_before_the_last_lifting_do_not_count() -> None:
    lifted = [PastOrder("CMCC", NOON + hours(1))]
    assert decided(*five(), orders=lifted) == []
    assert decided(*five(sent=NOON + hours(2)), orders=lifted) != []


def test_the_end_of_a_listing_that_had_shut_the_port_says_nothing_about_complaints() -> None:
    ended = [PastOrder("CMCC", NOON + hours(1), "listing:1", by_listing=True)]
    assert decided(*five(), orders=ended) != []
    lifted = [*ended, PastOrder("CMCC", NOON - hours(1))]
    assert decided(*five(), orders=lifted) != []


def test_a_port_that_a_listing_has_shut_is_not_ordered_shut_again() -> None:
    assert decided(*five(), orders=[PastOrder("CMCC", None, "listing:1", by_listing=True)]) == []


def test_one_person_on_both_sides_of_a_change_of_quarter_is_one_complainant_of_the_order() -> None:
    twice = [complaint("spring", by="spring", also="summer"), complaint("summer", by="summer", also="spring")]
    assert decided(*five()[:3], *twice) == []
    order = order_of(decided(*five()[:4], *twice))
    assert order.finding.complainants == 5
    assert len({each.complaint for each in order.finding.spoken} & {each.complaint for each in twice}) == 1


def test_a_complaint_that_speaks_for_another_ground_still_tells_who_is_who() -> None:
    crimes = [complaint("a", by="spring", crime=True), complaint("b", by="summer", crime=True)]
    assert decided(*crimes) != []
    assert decided(*crimes, before=[complaint("c", by="spring", also="summer")]) == []


def test_what_caused_an_order_causes_no_second_one_but_still_counts() -> None:
    spent = [PastOrder("CMCC", NOON - days(1), reference("complaint", five()[4].complaint))]
    assert decided(five()[4], before=five()[:4], orders=spent) == []
    sixth = complaint("a sixth")
    assert order_of(decided(five()[4], sixth, before=five()[:3], orders=spent)).finding.trigger == sixth


def test_a_message_from_before_the_rules_leads_to_nothing() -> None:
    assert decided(*five(), by=lambda ground, on: None) == []


def test_the_rule_is_the_one_in_force_on_the_day_the_message_was_sent() -> None:
    def stricter_from_the_seventh(ground: Ground, on: date) -> Rule:
        return Rule(Bar(2 if on >= date(2020, 11, 7) else 5, days(10)), CITATION)

    assert decided(*five()[:2], by=stricter_from_the_seventh) == []
    # 17:00 UTC on the sixth is one o'clock on the seventh in Beijing.
    assert decided(*five(sent=NOON + hours(5))[:2], by=stricter_from_the_seventh) != []


# --------------------------------------------------------------------------------------------------------- sublet


def test_three_people_who_saw_another_signature_than_the_one_filed_shut_the_port_as_sublet() -> None:
    order = order_of(decided(*(sublet(f"s{n}") for n in range(3))))
    assert (order.ground, order.attribution) == (Ground.SUBLET, Standing.SUBLET_SUSPECTED)
    assert order.finding.trigger.signature == "模拟到家"
    assert order.holder == HOLDER


def test_a_mismatch_found_against_another_filing_than_ours_is_none() -> None:
    arrivals = [sublet(f"s{n}", filed_signature="虚构生活") for n in range(4)]
    assert decided(*arrivals) == []


def test_complaints_about_a_sublet_port_count_as_spam_too() -> None:
    arrivals = [sublet("s1"), sublet("s2"), *five()[:3]]
    assert order_of(decided(*arrivals)).ground is Ground.COMMERCIAL


# --------------------------------------------------------------------------------------------------- unregistered


def two() -> list[Evidence]:
    return [unregistered("u1"), unregistered("u2")]


def test_a_number_that_nobody_filed_is_asked_about_before_anything_else() -> None:
    ask = enquiry_of(decided(*two(), filed_as=NOT_FILED))
    assert (ask.carriers, ask.because) == (EVERYONE, Addressed.EVERY_CARRIER)


def test_one_person_may_have_mistyped_a_number() -> None:
    assert decided(unregistered("u1"), filed_as=NOT_FILED) == []


def test_the_carrier_where_others_filed_on_the_access_code_is_asked_and_its_holder_remembered() -> None:
    ask = enquiry_of(decided(*two(), filed_as=NOT_FILED, owners=[Owner("CTCC", HOLDER)], planned=["CUCC"]))
    assert (ask.carriers, ask.because, ask.holders) == (("CTCC",), Addressed.ACCESS_CODE, {"CTCC": HOLDER})


def test_an_access_code_with_filings_of_several_enterprises_names_no_holder() -> None:
    owners = [Owner("CTCC", HOLDER), Owner("CTCC", OTHER_HOLDER)]
    assert enquiry_of(decided(*two(), filed_as=NOT_FILED, owners=owners)).holders == {"CTCC": None}


def test_without_filings_on_the_access_code_the_plan_says_whom_to_ask() -> None:
    ask = enquiry_of(decided(*two(), filed_as=NOT_FILED, planned=["CUCC"]))
    assert (ask.carriers, ask.because) == (("CUCC",), Addressed.PLAN)


def test_nobody_is_asked_twice() -> None:
    assert decided(*two(), filed_as=NOT_FILED, asked_at=[NOW - days(1)]) == []


def test_after_an_order_about_the_number_was_lifted_it_may_be_asked_about_again() -> None:
    orders = [PastOrder("CMCC", NOON - days(1))]
    assert decided(*two(), filed_as=NOT_FILED, asked_at=[NOON - days(2)], orders=orders) != []


def test_a_number_that_was_filed_and_fell_out_of_the_register_may_be_asked_about_again() -> None:
    ended = register(filed(since=NOON - days(90), until=NOON - days(1)))
    assert decided(*two(), filed_as=ended, asked_at=[NOON - days(100)]) != []
    assert decided(*two(), filed_as=ended, asked_at=[NOON]) == []


def test_a_port_declared_after_its_complaints_is_neither_shut_nor_asked_about() -> None:
    late = register(filed(since=NOON + days(1)))
    assert decided(*(unregistered(f"u{n}") for n in range(9)), filed_as=late) == []


def test_complaints_from_before_it_was_filed_do_not_count_towards_shutting_a_port() -> None:
    late = register(filed(since=NOON + days(1)))
    early = [unregistered(f"u{n}") for n in range(4)]
    since = [complaint(f"d{n}", sent=NOON + days(2)) for n in range(5)]
    assert decided(*early, since[0], filed_as=late) == []
    assert order_of(decided(*since, before=early, filed_as=late)).finding.span == sorted(
        since, key=lambda each: each.complaint
    )


def test_our_own_register_decides_whatever_complaints_read_in_its_copy() -> None:
    arrivals = [unregistered(f"u{n}") for n in range(5)]
    assert order_of(decided(*arrivals, filed_as=FILED)).attribution is Standing.DECLARED
    assert enquiry_of(decided(*five(), filed_as=NOT_FILED)).because is Addressed.EVERY_CARRIER


@pytest.mark.parametrize("hint", ["declared", "unregistered"])
def test_what_complaints_saw_filed_within_the_hour_of_sending_is_declared(hint: str) -> None:
    """A message of 12:40 is known here as one of 12:00, and its port was filed at 12:30."""
    this_hour = register(filed(since=NOON + hours(0.5)))
    outcome = decided(*five(hint=hint), filed_as=this_hour)
    assert (outcome != []) == (hint == "declared")


# --------------------------------------------------------------------------------------------- covered extensions


def test_a_filing_that_covers_extensions_answers_for_longer_numbers() -> None:
    order = order_of(decided(*five(), filed_as=register(filed(number=NUMBER[:10]))))
    assert order.attribution is Standing.DECLARED


def test_of_several_covering_filings_the_longest_declared_prefix_answers() -> None:
    entries = register(
        filed(number=NUMBER[:8], holder=OTHER_HOLDER, carrier="CUCC"),
        filed(number=NUMBER[:12], holder=HOLDER, carrier="CMCC"),
        filed(number=NUMBER[:13], holder=OTHER_HOLDER, carrier="CTCC", until=NOON - days(30)),
    )
    order = order_of(decided(*five(carrier=None, holder=None), filed_as=entries))
    assert (order.carrier, order.holder) == ("CMCC", HOLDER)


def test_the_exact_number_answers_before_any_prefix() -> None:
    entries = register(filed(number=NUMBER[:8], carrier="CUCC", holder=OTHER_HOLDER), filed())
    assert order_of(decided(*five(carrier="CUCC"), filed_as=entries)).carrier == "CMCC"


def test_of_two_carriers_that_filed_the_number_the_one_that_complaints_names_is_taken() -> None:
    both = register(filed(carrier="CMCC"), filed(carrier="CUCC"))
    assert order_of(decided(*five(carrier="CUCC"), filed_as=both)).carrier == "CUCC"


# ----------------------------------------------------------------------------------------- whether a ground stands


def stands(ground: Ground, *evidence: Evidence, filed_as: Register = FILED) -> bool:
    facts = Facts(number=NUMBER, register=filed_as, before=evidence, now=NOW)
    return ground_stands(ground, "CMCC", facts, rules())


def test_a_ground_stands_while_enough_complaints_still_count() -> None:
    assert stands(Ground.COMMERCIAL, *five())
    assert not stands(Ground.COMMERCIAL, *five()[:4])


def test_a_reassessment_from_sublet_to_declared_takes_the_ground_of_subletting_away() -> None:
    assert stands(Ground.SUBLET, *(sublet(f"s{n}") for n in range(3)))
    assert not stands(Ground.SUBLET, sublet("s0"), sublet("s1"), complaint("s2"))


def test_a_ground_does_not_stand_on_one_person_with_two_surrogates() -> None:
    twice = [complaint("spring", by="spring", also="summer"), complaint("summer", by="summer")]
    assert not stands(Ground.COMMERCIAL, *five()[:3], *twice)
    assert stands(Ground.COMMERCIAL, *five()[:4], *twice)


def test_a_reassessment_from_crime_to_spam_takes_the_ground_of_crime_away() -> None:
    assert not stands(Ground.SUSPECTED_CRIME, complaint("a", crime=True), complaint("b"))


# --------------------------------------------------------------------------------------------------- batches, orders


@given(
    st.lists(
        st.tuples(st.integers(0, 25), st.integers(0, 6), st.none() | st.integers(0, 6), st.booleans(), st.booleans()),
        max_size=14,
    ),
    st.data(),
)
def test_the_same_complaints_lead_to_the_same_orders_however_they_are_batched(
    heard: list[tuple[int, int, int | None, bool, bool]], data: st.DataObject
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
        for n, (day, who, twin, crime, another) in enumerate(heard)
    ]
    cut = data.draw(st.integers(0, len(evidence)))
    whole = decided(*evidence)
    parts = decided(*evidence[:cut]) or decided(*evidence[cut:], before=evidence[:cut])
    assert parts == whole
