"""Received complaints become evidence, and evidence leads to orders and enquiries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chassis import clock
from chassis.database import Database, StaleAggregateError
from services.ports.store.orders import load_orders, save_orders
from tests.integration.ports.scenes import (
    HOLDER,
    NOON,
    NUMBER,
    OTHER_HOLDER,
    PROVIDER,
    assessed,
    consume,
    enquiries,
    file,
    five,
    form,
    hours,
    named,
    orders,
    published,
    rows,
    sublet,
    unregistered,
    withdrawn,
)

EXTENSION = f"{NUMBER}01"


def test_five_complainants_about_a_declared_port_lead_to_one_order_with_its_reasons(database: Database) -> None:
    file(database, form())
    with clock.frozen(NOON):
        consume(database, *five())
    (order,) = orders(database)
    assert (order.carrier, order.number, order.state, order.ground) == ("CMCC", NUMBER, "ordered", "commercial")
    assert (order.holder, order.provider, order.complainants) == (HOLDER, PROVIDER, 5)
    assert (order.acknowledge_by, order.execute_by) == (NOON + hours(2), NOON + hours(24))
    assert order.causes == sorted(f"complaint:{named(f'{NUMBER} {n}')}" for n in range(5))
    assert [rule["rule"] for rule in order.rules] == ["shutdown.commercial", "shutdown.automatic", "order.deadlines"]
    assert order.correlation_id == f"complaint {NUMBER} 4"
    assert published(database, "shutdown-ordered.v1") == 1


def test_complaints_have_the_same_effect_one_by_one_or_in_a_batch(database: Database) -> None:
    file(database, form())
    for message in five():
        consume(database, message)
    (order,) = orders(database)
    assert order.causes == sorted(f"complaint:{named(f'{NUMBER} {n}')}" for n in range(5))


def test_redelivered_reordered_and_stale_assessments_change_nothing(database: Database) -> None:
    file(database, form())
    corrected = assessed("a", version=3, category="not-spam")
    consume(database, corrected, *five()[:4])
    consume(database, assessed("a", version=2), *five()[:4])
    consume(database, *reversed(five()[:4]), corrected)
    assert orders(database) == []
    assert {row.version for row in rows(database, "SELECT version FROM evidence WHERE category = 'not-spam'")} == {3}
    assert len(rows(database, "SELECT 1 FROM evidence")) == 5


def test_the_newer_of_two_versions_in_one_batch_holds_in_any_order(database: Database) -> None:
    file(database, form())
    old, new = assessed("a", version=2), assessed("a", version=3, category="not-spam")
    consume(database, new, old)
    consume(database, assessed("b", version=2, category="not-spam"), assessed("b", version=3))
    kept = rows(database, "SELECT version, counts FROM evidence ORDER BY counts")
    assert [(row.version, row.counts) for row in kept] == [(3, False), (3, True)]


def test_an_order_that_changed_in_between_is_not_written(database: Database) -> None:
    file(database, form())
    consume(database, *five())
    with database.begin() as tx:
        (order,) = load_orders(tx, [orders(database)[0].id])
        order.acknowledge(NOON, tx.cause)
        tx.cursor().execute("UPDATE orders SET version = 7")
        with pytest.raises(StaleAggregateError):
            save_orders(tx, [order])


def test_not_spam_unvouched_and_withdrawn_complaints_do_not_count(database: Database) -> None:
    file(database, form())
    consume(database, *five()[:4], assessed("otp", category="not-spam"), assessed("anonymous", vouched=False))
    consume(database, withdrawn("back"))
    consume(database, assessed("back", version=2))
    assert orders(database) == []
    consume(database, assessed("the fifth"))
    assert len(orders(database)) == 1


def test_one_person_who_complains_repeatedly_counts_once(database: Database) -> None:
    file(database, form())
    consume(database, *(assessed(f"again {n}", by="the same person") for n in range(30)))
    assert orders(database) == []


def test_one_person_on_both_sides_of_a_change_of_quarter_counts_once_and_two_count_twice(database: Database) -> None:
    file(database, form())
    consume(database, *five()[:3], assessed("spring", by="one in spring", also="one in summer"))
    consume(database, assessed("summer", by="one in summer", also="one in spring"))
    assert orders(database) == []
    consume(database, assessed("another", by="two in summer", also="two in spring"))
    (order,) = orders(database)
    assert (order.complainants, len(order.causes)) == (5, 5)


def test_surrogates_that_only_a_third_complaint_connects_are_one_person(database: Database) -> None:
    file(database, form())
    consume(database, *five()[:3], assessed("old", by="spring"), assessed("both", by="spring", also="summer"))
    consume(database, assessed("new", by="summer"))
    assert orders(database) == []


def test_a_capped_complaint_does_not_count(database: Database) -> None:
    file(database, form())
    consume(database, *five()[:4], assessed("capped", capped=True))
    assert orders(database) == []
    assert rows(database, "SELECT vouched, capped, counts FROM evidence WHERE capped") == [(True, True, False)]
    consume(database, assessed("capped", version=3))
    assert len(orders(database)) == 1


def test_further_complaints_about_an_ordered_port_are_stored_without_a_second_order(database: Database) -> None:
    file(database, form())
    consume(database, *five())
    consume(database, *(assessed(f"more {n}") for n in range(9)))
    assert len(orders(database)) == 1
    assert len(rows(database, "SELECT 1 FROM evidence WHERE counts")) == 14


def test_two_complaints_about_a_crime_lead_to_an_order_to_execute_in_two_hours(database: Database) -> None:
    file(database, form())
    with clock.frozen(NOON):
        consume(database, *five(category="suspected-crime")[:2])
    (order,) = orders(database)
    assert (order.ground, order.execute_by) == ("suspected-crime", NOON + hours(2))


def test_three_mismatched_signatures_lead_to_an_order_as_sublet(database: Database) -> None:
    file(database, form())
    consume(database, *(sublet(f"s{n}") for n in range(3)))
    (order,) = orders(database)
    assert (order.ground, order.attribution, order.signature) == ("sublet", "sublet-suspected", "模拟到家")


def test_unreadable_signatures_lead_to_an_order_that_names_no_provider(database: Database) -> None:
    file(database, form())
    consume(database, *five(unreadable=True)[:3])
    consume(database, *five(unreadable=True)[3:])
    (order,) = orders(database)
    assert (order.ground, order.attribution) == ("commercial", "declared")
    assert (order.holder, order.provider, order.signature) == (HOLDER, None, None)


def test_a_late_complaint_completes_an_old_window(database: Database) -> None:
    file(database, form())
    long_ago = NOON - timedelta(days=200)
    consume(database, *(assessed(f"old {n}", sent=long_ago + hours(n)) for n in range(4)))
    consume(database, *five()[:4])
    assert orders(database) == []
    consume(database, assessed("late", sent=long_ago - timedelta(days=5)))
    assert len(orders(database)) == 1


def test_complaints_about_mobiles_are_ignored(database: Database) -> None:
    consume(database, *(assessed(f"m{n}", "13900001234", kind="p2p") for n in range(9)))
    consume(database, withdrawn("m1", "13900001234"))
    assert rows(database, "SELECT 1 FROM evidence") == []
    assert rows(database, "SELECT 1 FROM senders") == []


# --------------------------------------------------------------------------------------------------- unregistered


def test_an_unfiled_number_is_asked_about_once_at_every_carrier(database: Database) -> None:
    with clock.frozen(NOON):
        consume(database, unregistered("u1"), unregistered("u2"))
        consume(database, unregistered("u3"), unregistered("u4"))
    sent = enquiries(database)
    assert [each.carrier for each in sent] == ["CBN", "CMCC", "CTCC", "CUCC"]
    assert {each.addressed_because for each in sent} == {"every-carrier"}
    assert {each.answer_by for each in sent} == {NOON + hours(24)}
    assert orders(database) == []
    assert published(database, "enquiry-sent.v1") == 4


def test_the_carrier_with_filings_on_the_access_code_is_asked_and_its_holder_stored(database: Database) -> None:
    file(database, form(f"{NUMBER[:8]}777", carrier="CTCC"))
    consume(database, unregistered("u1"), unregistered("u2"))
    (enquiry,) = enquiries(database)
    assert (enquiry.carrier, enquiry.addressed_because, enquiry.holder) == ("CTCC", "access-code", HOLDER)


def test_a_former_holder_of_the_access_code_is_not_stored(database: Database) -> None:
    other = f"{NUMBER[:8]}777"
    file(database, form(other, carrier="CTCC"))
    file(database, form(other, carrier="CTCC", holder=OTHER_HOLDER, declared_from="2026-06-02"))
    consume(database, unregistered("u1"), unregistered("u2"))
    (enquiry,) = enquiries(database)
    assert (enquiry.carrier, enquiry.holder) == ("CTCC", OTHER_HOLDER)


def test_what_staff_file_on_an_access_code_neither_selects_the_carrier_nor_names_the_holder(database: Database) -> None:
    filed = f"{NUMBER[:8]}777"
    file(database, form(filed, carrier="CTCC"))
    file(database, form(filed, carrier="CTCC", holder=OTHER_HOLDER, declared_from="2026-06-02"), by=("li",))
    file(database, form(f"{NUMBER[:8]}888"), by=("li",))
    consume(database, unregistered("u1"), unregistered("u2"))
    (enquiry,) = enquiries(database)
    assert (enquiry.carrier, enquiry.holder) == ("CTCC", HOLDER)


def test_the_plan_names_the_carrier_to_ask_about_its_own_access_code(database: Database) -> None:
    consume(database, unregistered("u1", "1065712345"), unregistered("u2", "1065712345"))
    (enquiry,) = enquiries(database)
    assert (enquiry.carrier, enquiry.addressed_because) == ("CMCC", "plan")


def test_a_port_declared_after_its_complaints_is_not_shut_and_the_evidence_is_declared_late(database: Database) -> None:
    file(database, form(declared_from="2026-06-11"))
    consume(database, *(unregistered(f"u{n}", sent=NOON) for n in range(9)))
    assert (orders(database), enquiries(database)) == ([], [])
    assert {row.standing for row in rows(database, "SELECT standing FROM evidence")} == {"declared-late"}


def test_complaints_judged_by_an_older_register_are_judged_by_ours(database: Database) -> None:
    file(database, form())
    consume(database, *(unregistered(f"u{n}") for n in range(5)))
    (order,) = orders(database)
    assert (order.ground, order.attribution) == ("commercial", "declared")


def test_a_filing_that_covers_extensions_applies_to_them(database: Database) -> None:
    file(database, form(covers_extensions=True))
    consume(database, *five(EXTENSION))
    (order,) = orders(database)
    assert (order.number, order.attribution, order.holder) == (EXTENSION, "declared", HOLDER)


def test_a_filing_that_does_not_cover_extensions_leaves_them_unregistered(database: Database) -> None:
    file(database, form())
    consume(database, *five(EXTENSION))
    assert orders(database) == []
    assert [each.addressed_because for each in enquiries(database)] == ["access-code"]


# -------------------------------------------------------------------------------------------------- grounds that fall


@pytest.mark.parametrize(
    "undone",
    [
        withdrawn(f"{NUMBER} 0"),
        assessed(f"{NUMBER} 0", version=3, category="not-spam"),
        assessed(f"{NUMBER} 0", version=3, vouched=False),
        assessed(f"{NUMBER} 0", version=3, capped=True),
    ],
    ids=["withdrawn", "reassessed as not spam", "reassessed as not vouched", "reassessed as capped"],
)
def test_when_a_complaint_no_longer_counts_the_order_stays_and_its_ground_falls(
    database: Database, undone: object
) -> None:
    file(database, form())
    consume(database, *five())
    consume(database, undone)  # type: ignore[arg-type]
    consume(database, withdrawn(f"{NUMBER} 1"))
    (order,) = orders(database)
    assert order.state == "ordered"
    assert order.ground_fell_at is not None
    assert published(database, "ground-fell.v1") == 1


def test_a_ground_does_not_fall_while_enough_other_complaints_support_it(database: Database) -> None:
    file(database, form())
    consume(database, *five())
    consume(database, assessed("a sixth"))
    consume(database, withdrawn(f"{NUMBER} 0"))
    assert orders(database)[0].ground_fell_at is None


def test_a_reassessment_from_sublet_to_declared_takes_the_ground_of_subletting_away(database: Database) -> None:
    file(database, form())
    consume(database, *(sublet(f"s{n}") for n in range(3)))
    consume(database, assessed("s0", version=3))
    assert orders(database)[0].ground_fell_at is not None


def test_a_complaint_reassessed_as_spam_completes_the_window(database: Database) -> None:
    file(database, form())
    consume(database, *five()[:4], assessed("a", category="not-spam"))
    consume(database, assessed("a", version=3))
    (order,) = orders(database)
    assert order.correlation_id == "complaint a"
