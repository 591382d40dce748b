"""What is heard becomes proposals: fines and executed orders, once each, in whatever order they come."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from chassis import clock
from chassis.aggregate import ConflictError
from chassis.database import Database
from chassis.events import inbox
from chassis.events.consumer import dispatch
from chassis.events.envelope import Message
from services.credit.commands.entries import EntryDecision, decide_entry
from services.credit.reactions import REACTIONS
from tests.integration.credit.scenes import (
    HOLDER,
    LI,
    NUMBER,
    OF_BEIJING,
    SHOP,
    annulled,
    confirm,
    days,
    declared,
    entries,
    executed,
    fined,
    gaps,
    groundless,
    hear,
    lifted,
    listed,
    named,
    project,
    propose,
    published,
    repair,
    rows,
    target,
    three_orders,
    told,
)


def states(database: Database) -> list[str]:
    return [row.state for row in entries(database)]


# ------------------------------------------------------------------------------------------------------------- fines


def test_a_fine_on_an_enterprise_leads_to_one_proposal_that_says_what_it_stands_on(database: Database) -> None:
    message = fined()
    hear(database, message)
    (entry,) = entries(database)
    assert (entry.code, entry.list, entry.tier, entry.ground) == (SHOP, "adverse", "general", "fined")
    assert (entry.state, entry.proposer, entry.province) == ("proposed", None, "440000")
    assert entry.causes == [f"clue:{named('clue')}"]
    assert entry.facts == [
        "fined 20,000 yuan by SAMR, decision 市监处罚〔2026〕0001号 on a clue of 7 complaints of 6 people"
    ]
    assert [rule["rule"] for rule in entry.rules] == ["listing.fined", "listing.fined.tiers", "listing.notice"]
    assert entry.contest_until - entry.proposed_at == days(7)
    (fact,) = told(database, "listing-proposed.v1")
    assert (fact["proposed_by"], fact["state"]) == ("rules", "proposed")
    (row,) = rows(database, "SELECT payload FROM outbox")
    assert f'"causationid":"{message.id}"'.encode() in row.payload
    assert b'"correlationid":"story of clue clue"' in row.payload


@pytest.mark.parametrize(
    ("amount", "tier"), [(9_999, "minor"), (10_000, "general"), (29_999, "general"), (30_000, "serious")]
)
def test_the_amount_of_the_fine_makes_the_tier(database: Database, amount: int, tier: str) -> None:
    hear(database, fined(amount=amount))
    assert [row.tier for row in entries(database)] == [tier]


def test_a_fine_on_a_signature_behind_which_nobody_was_found_leads_to_nothing(database: Database) -> None:
    hear(database, fined(enterprise=None, subject=("signature", "虚构优选")))
    hear(database, fined("another", enterprise=None, subject=("number", NUMBER)))
    assert entries(database) == []


def test_a_fine_on_the_enterprise_that_was_found_behind_a_signature_leads_to_a_proposal(database: Database) -> None:
    hear(database, fined(enterprise=OF_BEIJING, subject=("signature", "虚构优选")))
    assert [(row.code, row.province) for row in entries(database)] == [(OF_BEIJING, "110000")]


def test_who_was_found_counts_more_than_whom_the_clue_was_about(database: Database) -> None:
    hear(database, fined(enterprise=OF_BEIJING))
    hear(database, fined("another", enterprise=None))
    assert [row.code for row in entries(database)] == [OF_BEIJING, SHOP]


@pytest.mark.parametrize("code", ["no-violation", "warned", "interviewed", "rectified", "licence-measure", "merged"])
def test_nothing_but_a_fine_leads_to_a_proposal(database: Database, code: str) -> None:
    hear(database, fined(code=code, amount=None))
    assert entries(database) == []


def test_a_fine_of_a_time_without_a_rule_leads_to_nothing(database: Database) -> None:
    hear(database, fined(at=clock.now().replace(year=2016)))
    assert entries(database) == []


def test_the_name_comes_from_the_register_else_from_the_clue(database: Database) -> None:
    project(database, declared(NUMBER, (OF_BEIJING, "样例北方公司", "示例信息公司", clock.now())))
    hear(database, fined(enterprise=OF_BEIJING), fined("another"), fined("a third", enterprise=HOLDER))
    assert [row.name for row in entries(database)] == ["样例北方公司", "虚构优选", "示例信息公司"]


def test_a_conclusion_that_is_told_anew_is_still_the_same_fine(database: Database) -> None:
    hear(database, fined())
    hear(database, fined(amount=50_000, version=7))
    assert [(row.state, row.tier) for row in entries(database)] == [("proposed", "general")]


def test_two_fines_on_one_enterprise_are_two_proposals(database: Database) -> None:
    hear(database, fined("one"), fined("two"))
    assert states(database) == ["proposed", "proposed"]


# --------------------------------------------------------------------------------------------------- annulled fines


def test_an_annulled_decision_withdraws_what_stands_on_it_in_every_state(database: Database) -> None:
    hear(database, fined("one"), fined("two"), fined("three"), fined("spared"))
    one, two = entries(database)[:2]
    confirm(database, one.id)
    with database.begin() as tx:
        decide_entry(tx, target(two.id), EntryDecision.REJECT, "unfounded")
    with clock.shifted(days(10)):
        hear(database, annulled("one"), annulled("two"), annulled("three"))
    assert [(row.state, row.withdrawal) for row in entries(database)] == [
        ("withdrawn", "decision-annulled"), ("withdrawn", "rejected"), ("withdrawn", "decision-annulled"),
        ("proposed", None),
    ]  # fmt: skip
    assert [each["restrictions"] != [] for each in told(database, "standing-changed.v1")] == [True, False]
    assert gaps(database) == []


def test_what_staff_propose_on_a_decision_falls_with_it_and_cannot_be_proposed_afterwards(database: Database) -> None:
    clue = f"clue:{named('clue')}"
    by_hand = propose(database, OF_BEIJING, causes=("order:019e1640-c780-7000-8000-000000000001", clue))
    hear(database, annulled())
    assert [(row.id, row.state) for row in entries(database)] == [(by_hand.id, "withdrawn")]
    with pytest.raises(ConflictError, match="annulled"):
        propose(database, OF_BEIJING, causes=(clue,))


def test_a_fine_that_is_heard_of_after_its_annulment_leads_to_nothing(database: Database) -> None:
    hear(database, annulled())
    hear(database, fined())
    assert entries(database) == []


# ------------------------------------------------------------------------------------------------------------- orders


def test_the_third_executed_order_leads_to_a_proposal_that_stands_on_all_three(database: Database) -> None:
    hear(database, executed("o0"), executed("o1"))
    assert entries(database) == []
    hear(database, executed("o2"))
    (entry,) = entries(database)
    assert (entry.code, entry.ground, entry.list, entry.tier) == (SHOP, "orders", "adverse", "general")
    assert entry.cause == f"order:{named('o2')}"
    assert sorted(entry.causes) == sorted(f"order:{named(f'o{n}')}" for n in range(3))
    assert entry.facts == ["3 different ports shut by order within 90 days; the bar is 3"]


def test_it_makes_no_difference_whether_orders_come_one_by_one_or_at_once(database: Database) -> None:
    hear(database, *three_orders())
    (entry,) = entries(database)
    assert entry.cause == f"order:{named('o2')}"


def test_orders_against_one_port_count_once(database: Database) -> None:
    hear(database, *(executed(f"o{n}", NUMBER) for n in range(5)))
    assert entries(database) == []


def test_an_order_that_a_listing_caused_never_counts(database: Database) -> None:
    hear(database, *(executed(f"o{n}", ground="listing") for n in range(20)), executed("a"), executed("b"))
    assert entries(database) == []
    assert rows(database, "SELECT count(*) FROM orders WHERE counts")[0][0] == 2


def test_orders_count_against_who_answers_for_what_was_sent(database: Database) -> None:
    hear(database, *three_orders("declared"))
    hear(database, *three_orders("sublet", attribution="sublet-suspected", holder=OF_BEIJING))
    hear(database, *three_orders("unregistered", attribution="unregistered", provider=None))
    assert [row.code for row in entries(database)] == [SHOP, OF_BEIJING, HOLDER]


def test_orders_against_nobody_who_is_known_lead_to_nothing(database: Database) -> None:
    hear(database, *three_orders(attribution="unregistered", provider=None, holder=None))
    assert entries(database) == []


@pytest.mark.parametrize("fall", [lifted, groundless])
def test_an_order_that_fell_counts_no_more(database: Database, fall: Any) -> None:
    hear(database, executed("o0"), executed("o1"), fall("o1"), executed("o2"))
    assert entries(database) == []
    hear(database, executed("o3"))
    assert sorted(entries(database)[0].causes) == sorted(f"order:{named(name)}" for name in ("o0", "o2", "o3"))


def test_an_order_that_lost_its_ground_before_it_was_executed_does_not_count(database: Database) -> None:
    hear(database, groundless("o0", version=2, executed_at=None, state="ordered"), executed("o1"), executed("o2"))
    hear(database, executed("o0", ground_fell_at=clock.now()))
    assert entries(database) == []


def test_orders_further_apart_than_the_window_do_not_add_up(database: Database) -> None:
    now = clock.now()
    hear(database, *(executed(f"o{n}", at=now - days(46 * n)) for n in range(3)))
    assert entries(database) == []


def test_a_late_order_completes_an_old_window(database: Database) -> None:
    now = clock.now()
    hear(
        database, executed("recent", at=now), executed("old", at=now - days(120)), executed("older", at=now - days(180))
    )
    assert entries(database) == []
    hear(database, executed("late", at=now - days(150)))
    (entry,) = entries(database)
    assert entry.cause == f"order:{named('late')}"
    assert sorted(entry.causes) == sorted(f"order:{named(name)}" for name in ("old", "older", "late"))


def test_while_one_is_proposed_or_stands_no_second_one_is_proposed(database: Database) -> None:
    hear(database, *three_orders(), executed("o3"))
    confirm(database, entries(database)[0].id)
    hear(database, *three_orders("more "))
    assert states(database) == ["effective"]


def test_a_fine_and_orders_are_two_grounds(database: Database) -> None:
    hear(database, *three_orders())
    hear(database, fined())
    assert [row.ground for row in entries(database)] == ["orders", "fined"]


def test_a_proposal_whose_orders_are_not_enough_any_more_is_withdrawn(database: Database) -> None:
    hear(database, *three_orders())
    message = lifted("o0")
    hear(database, message)
    (entry,) = entries(database)
    assert (entry.state, entry.withdrawal, entry.version) == ("withdrawn", "ground-fell", 2)
    hear(database, executed("o3"))
    assert [(row.state, row.cause) for row in entries(database)] == [
        ("withdrawn", f"order:{named('o2')}"), ("proposed", f"order:{named('o3')}"),
    ]  # fmt: skip


def test_a_proposal_is_not_touched_by_the_fall_of_an_order_that_it_does_not_stand_on(database: Database) -> None:
    now = clock.now()
    hear(database, executed("a", at=now - days(100)), executed("b", at=now - days(50)), executed("d", at=now))
    hear(database, executed("c", at=now - days(20)), executed("e", at=now - days(30)))
    (entry,) = entries(database)
    assert len(entry.causes) == 3
    hear(database, lifted("e", at=now - days(30)))
    assert states(database) == ["proposed"]


def test_a_proposal_that_still_has_enough_orders_stays(database: Database) -> None:
    hear(database, *three_orders())
    with database.begin() as tx:
        decide_entry(tx, target(entries(database)[0].id), EntryDecision.REJECT, "too little")
    hear(database, executed("o3"))
    assert len(entries(database)[1].causes) == 4
    hear(database, lifted("o0"))
    assert states(database) == ["withdrawn", "proposed"]
    hear(database, lifted("o1"))
    assert states(database) == ["withdrawn", "withdrawn"]


def test_what_is_left_when_a_proposal_falls_may_be_enough_for_another(database: Database) -> None:
    hear(database, *three_orders())
    hear(database, executed("o3"))
    hear(database, lifted("o0"))
    assert [(row.state, row.cause) for row in entries(database)] == [
        ("withdrawn", f"order:{named('o2')}"), ("proposed", f"order:{named('o3')}"),
    ]  # fmt: skip


def test_a_listing_stands_when_its_orders_fall(database: Database) -> None:
    hear(database, *three_orders())
    confirm(database, entries(database)[0].id)
    hear(database, *(lifted(f"o{n}") for n in range(3)))
    assert states(database) == ["effective"]


def test_orders_that_an_enterprise_was_listed_for_are_answered_for(database: Database) -> None:
    hear(database, *three_orders())
    entry = entries(database)[0].id
    confirm(database, entry)
    repair(database, entry, days(100))
    hear(database, executed("o3"), executed("o4"))
    assert states(database) == ["repaired"]
    hear(database, executed("o5"))
    assert states(database) == ["repaired", "proposed"]


def test_after_a_rejection_the_same_orders_count_with_a_new_one(database: Database) -> None:
    hear(database, *three_orders())
    with database.begin() as tx:
        decide_entry(tx, target(entries(database)[0].id, LI), EntryDecision.REJECT, "too little")
    hear(database, *three_orders())
    assert states(database) == ["withdrawn"]
    hear(database, executed("o3"))
    assert states(database) == ["withdrawn", "proposed"]


# ---------------------------------------------------------------------------------------------------- heard again


def everything() -> list[Message[Any]]:
    return [
        *three_orders(), executed("o3"), lifted("o0"), fined("one"), fined("two", enterprise=OF_BEIJING),
        annulled("one"), groundless("o1"),
    ]  # fmt: skip


def settled(database: Database) -> list[tuple[Any, ...]]:
    tables = "SELECT state, cause, version FROM entries ORDER BY cause"
    return [tuple(row) for row in rows(database, tables)]


def test_hearing_everything_again_changes_nothing(database: Database) -> None:
    messages = everything()
    for message in messages:
        hear(database, message)
    before, facts = settled(database), rows(database, "SELECT count(*) FROM outbox")[0][0]
    hear(database, *messages)
    for message in reversed(messages):
        hear(database, message)
    assert settled(database) == before
    assert rows(database, "SELECT count(*) FROM outbox")[0][0] == facts


def test_the_inbox_lets_nothing_through_twice(database: Database) -> None:
    messages = everything()
    for _ in range(2):
        with database.begin() as tx:
            dispatch(tx, inbox.take(tx, messages), REACTIONS)
    assert published(database, "listing-proposed.v1") == len(entries(database)) == 4
    assert gaps(database) == []


def test_in_whatever_order_executions_and_liftings_come_the_same_orders_count(database: Database) -> None:
    for number, order in enumerate(permutations(["e0", "e1", "e2", "l1"])):
        prefix, provider = f"round {number} ", OF_BEIJING
        for step in order:
            act = executed if step[0] == "e" else lifted
            hear(database, act(f"{prefix}{step[1]}", provider=provider, attribution="declared"))
        counting = rows(
            database,
            "SELECT id FROM orders WHERE counts AND id = ANY(:ids)",
            ids=[named(f"{prefix}{n}") for n in range(3)],
        )
        assert {row.id for row in counting} == {named(f"{prefix}0"), named(f"{prefix}2")}


def test_a_listing_by_hand_is_not_touched_by_orders_or_fines(database: Database) -> None:
    listed(database)
    hear(database, *three_orders(), lifted("o0"), fined(), annulled())
    assert states(database) == ["effective", "withdrawn", "withdrawn"]
