"""Fines and executed orders lead to proposals, once each, in every order of receipt."""

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
    consume,
    days,
    declared,
    entries,
    executed,
    fined,
    gaps,
    groundless,
    lifted,
    listed,
    named,
    project,
    propose,
    published,
    published_data,
    repair,
    rows,
    target,
    three_orders,
)


def states(database: Database) -> list[str]:
    return [row.state for row in entries(database)]


# ------------------------------------------------------------------------------------------------------------- fines


def test_a_fine_on_an_enterprise_leads_to_one_proposal_with_its_grounds(database: Database) -> None:
    message = fined()
    consume(database, message)
    (entry,) = entries(database)
    assert (entry.code, entry.list, entry.tier, entry.ground) == (SHOP, "adverse", "general", "fined")
    assert (entry.state, entry.proposer, entry.province) == ("proposed", None, "440000")
    assert entry.causes == [f"clue:{named('clue')}"]
    assert entry.facts == [
        "fined 20,000 yuan by SAMR, decision 市监处罚〔2026〕0001号 on a clue of 7 complaints of 6 people"
    ]
    assert [rule["rule"] for rule in entry.rules] == ["listing.fined", "listing.fined.tiers", "listing.notice"]
    assert entry.contest_until - entry.proposed_at == days(7)
    (fact,) = published_data(database, "listing-proposed.v1")
    assert (fact["proposed_by"], fact["state"]) == ("rules", "proposed")
    (row,) = rows(database, "SELECT payload FROM outbox")
    assert f'"causationid":"{message.id}"'.encode() in row.payload
    assert b'"correlationid":"story of clue clue"' in row.payload


@pytest.mark.parametrize(
    ("amount", "tier"), [(9_999, "minor"), (10_000, "general"), (29_999, "general"), (30_000, "serious")]
)
def test_the_amount_of_the_fine_determines_the_tier(database: Database, amount: int, tier: str) -> None:
    consume(database, fined(amount=amount))
    assert [row.tier for row in entries(database)] == [tier]


def test_a_fine_on_a_signature_without_a_known_enterprise_leads_to_no_proposal(database: Database) -> None:
    consume(database, fined(enterprise=None, subject=("signature", "虚构优选")))
    consume(database, fined("another", enterprise=None, subject=("number", NUMBER)))
    assert entries(database) == []


def test_a_fine_on_the_enterprise_found_behind_a_signature_leads_to_a_proposal(database: Database) -> None:
    consume(database, fined(enterprise=OF_BEIJING, subject=("signature", "虚构优选")))
    assert [(row.code, row.province) for row in entries(database)] == [(OF_BEIJING, "110000")]


def test_the_enterprise_that_was_found_takes_precedence_over_the_subject_of_the_clue(database: Database) -> None:
    consume(database, fined(enterprise=OF_BEIJING))
    consume(database, fined("another", enterprise=None))
    assert [row.code for row in entries(database)] == [OF_BEIJING, SHOP]


@pytest.mark.parametrize("code", ["no-violation", "warned", "interviewed", "rectified", "licence-measure", "merged"])
def test_only_a_fine_leads_to_a_proposal(database: Database, code: str) -> None:
    consume(database, fined(code=code, amount=None))
    assert entries(database) == []


def test_a_fine_before_the_first_rule_leads_to_no_proposal(database: Database) -> None:
    consume(database, fined(at=clock.now().replace(year=2016)))
    assert entries(database) == []


def test_the_name_comes_from_the_register_else_from_the_clue(database: Database) -> None:
    project(database, declared(NUMBER, (OF_BEIJING, "样例北方公司", "示例信息公司", clock.now())))
    consume(database, fined(enterprise=OF_BEIJING), fined("another"), fined("a third", enterprise=HOLDER))
    assert [row.name for row in entries(database)] == ["样例北方公司", "虚构优选", "示例信息公司"]


def test_a_newer_version_of_a_conclusion_is_still_the_same_fine(database: Database) -> None:
    consume(database, fined())
    consume(database, fined(amount=50_000, version=7))
    assert [(row.state, row.tier) for row in entries(database)] == [("proposed", "general")]


def test_two_fines_on_one_enterprise_are_two_proposals(database: Database) -> None:
    consume(database, fined("one"), fined("two"))
    assert states(database) == ["proposed", "proposed"]


# --------------------------------------------------------------------------------------------------- annulled fines


def test_an_annulled_decision_withdraws_every_active_entry_that_it_caused(database: Database) -> None:
    consume(database, fined("one"), fined("two"), fined("three"), fined("spared"))
    one, two = entries(database)[:2]
    confirm(database, one.id)
    with database.begin() as tx:
        decide_entry(tx, target(two.id), EntryDecision.REJECT, "unfounded")
    with clock.shifted(days(10)):
        consume(database, annulled("one"), annulled("two"), annulled("three"))
    assert [(row.state, row.withdrawal) for row in entries(database)] == [
        ("withdrawn", "decision-annulled"), ("withdrawn", "rejected"), ("withdrawn", "decision-annulled"),
        ("proposed", None),
    ]  # fmt: skip
    assert [each["restrictions"] != [] for each in published_data(database, "standing-changed.v1")] == [True, False]
    assert gaps(database) == []


def test_a_proposal_by_staff_falls_with_its_decision_and_cannot_be_repeated(database: Database) -> None:
    clue = f"clue:{named('clue')}"
    by_hand = propose(database, OF_BEIJING, causes=("order:019e1640-c780-7000-8000-000000000001", clue))
    consume(database, annulled())
    assert [(row.id, row.state) for row in entries(database)] == [(by_hand.id, "withdrawn")]
    with pytest.raises(ConflictError, match="annulled"):
        propose(database, OF_BEIJING, causes=(clue,))


def test_a_fine_received_after_its_annulment_leads_to_no_proposal(database: Database) -> None:
    consume(database, annulled())
    consume(database, fined())
    assert entries(database) == []


# ------------------------------------------------------------------------------------------------------------- orders


def test_the_third_executed_order_leads_to_a_proposal_with_all_three_as_causes(database: Database) -> None:
    consume(database, executed("o0"), executed("o1"))
    assert entries(database) == []
    consume(database, executed("o2"))
    (entry,) = entries(database)
    assert (entry.code, entry.ground, entry.list, entry.tier) == (SHOP, "orders", "adverse", "general")
    assert entry.cause == f"order:{named('o2')}"
    assert sorted(entry.causes) == sorted(f"order:{named(f'o{n}')}" for n in range(3))
    assert entry.facts == ["3 different ports shut by order within 90 days; the bar is 3"]


def test_orders_in_one_batch_lead_to_the_same_proposal(database: Database) -> None:
    consume(database, *three_orders())
    (entry,) = entries(database)
    assert entry.cause == f"order:{named('o2')}"


def test_orders_against_one_port_count_once(database: Database) -> None:
    consume(database, *(executed(f"o{n}", NUMBER) for n in range(5)))
    assert entries(database) == []


def test_an_order_that_a_listing_caused_never_counts(database: Database) -> None:
    consume(database, *(executed(f"o{n}", ground="listing") for n in range(20)), executed("a"), executed("b"))
    assert entries(database) == []
    assert rows(database, "SELECT count(*) FROM orders WHERE counts")[0][0] == 2


def test_orders_count_against_the_enterprise_responsible_for_the_messages(database: Database) -> None:
    consume(database, *three_orders("declared"))
    consume(database, *three_orders("sublet", attribution="sublet-suspected", holder=OF_BEIJING))
    consume(database, *three_orders("unregistered", attribution="unregistered", provider=None))
    assert [row.code for row in entries(database)] == [SHOP, OF_BEIJING, HOLDER]


def test_orders_without_a_known_enterprise_lead_to_no_proposal(database: Database) -> None:
    consume(database, *three_orders(attribution="unregistered", provider=None, holder=None))
    assert entries(database) == []


@pytest.mark.parametrize("fall", [lifted, groundless])
def test_a_fallen_order_no_longer_counts(database: Database, fall: Any) -> None:
    consume(database, executed("o0"), executed("o1"), fall("o1"), executed("o2"))
    assert entries(database) == []
    consume(database, executed("o3"))
    assert sorted(entries(database)[0].causes) == sorted(f"order:{named(name)}" for name in ("o0", "o2", "o3"))


def test_an_order_that_lost_its_ground_before_it_was_executed_does_not_count(database: Database) -> None:
    consume(database, groundless("o0", version=2, executed_at=None, state="ordered"), executed("o1"), executed("o2"))
    consume(database, executed("o0", ground_fell_at=clock.now()))
    assert entries(database) == []


def test_orders_further_apart_than_the_window_do_not_add_up(database: Database) -> None:
    now = clock.now()
    consume(database, *(executed(f"o{n}", at=now - days(46 * n)) for n in range(3)))
    assert entries(database) == []


def test_a_late_order_completes_an_old_window(database: Database) -> None:
    now = clock.now()
    consume(
        database, executed("recent", at=now), executed("old", at=now - days(120)), executed("older", at=now - days(180))
    )
    assert entries(database) == []
    consume(database, executed("late", at=now - days(150)))
    (entry,) = entries(database)
    assert entry.cause == f"order:{named('late')}"
    assert sorted(entry.causes) == sorted(f"order:{named(name)}" for name in ("old", "older", "late"))


def test_while_an_entry_is_active_no_second_one_is_proposed(database: Database) -> None:
    consume(database, *three_orders(), executed("o3"))
    confirm(database, entries(database)[0].id)
    consume(database, *three_orders("more "))
    assert states(database) == ["effective"]


def test_a_fine_and_orders_are_two_grounds(database: Database) -> None:
    consume(database, *three_orders())
    consume(database, fined())
    assert [row.ground for row in entries(database)] == ["orders", "fined"]


def test_a_proposal_whose_orders_no_longer_reach_the_threshold_is_withdrawn(database: Database) -> None:
    consume(database, *three_orders())
    message = lifted("o0")
    consume(database, message)
    (entry,) = entries(database)
    assert (entry.state, entry.withdrawal, entry.version) == ("withdrawn", "ground-fell", 2)
    consume(database, executed("o3"))
    assert [(row.state, row.cause) for row in entries(database)] == [
        ("withdrawn", f"order:{named('o2')}"), ("proposed", f"order:{named('o3')}"),
    ]  # fmt: skip


def test_the_fall_of_an_order_that_is_not_a_cause_does_not_change_the_proposal(database: Database) -> None:
    now = clock.now()
    consume(database, executed("a", at=now - days(100)), executed("b", at=now - days(50)), executed("d", at=now))
    consume(database, executed("c", at=now - days(20)), executed("e", at=now - days(30)))
    (entry,) = entries(database)
    assert len(entry.causes) == 3
    consume(database, lifted("e", at=now - days(30)))
    assert states(database) == ["proposed"]


def test_a_proposal_that_still_has_enough_orders_remains(database: Database) -> None:
    consume(database, *three_orders())
    with database.begin() as tx:
        decide_entry(tx, target(entries(database)[0].id), EntryDecision.REJECT, "too little")
    consume(database, executed("o3"))
    assert len(entries(database)[1].causes) == 4
    consume(database, lifted("o0"))
    assert states(database) == ["withdrawn", "proposed"]
    consume(database, lifted("o1"))
    assert states(database) == ["withdrawn", "withdrawn"]


def test_the_orders_that_remain_after_a_withdrawal_may_lead_to_another_proposal(database: Database) -> None:
    consume(database, *three_orders())
    consume(database, executed("o3"))
    consume(database, lifted("o0"))
    assert [(row.state, row.cause) for row in entries(database)] == [
        ("withdrawn", f"order:{named('o2')}"), ("proposed", f"order:{named('o3')}"),
    ]  # fmt: skip


def test_a_listing_remains_when_its_orders_fall(database: Database) -> None:
    consume(database, *three_orders())
    confirm(database, entries(database)[0].id)
    consume(database, *(lifted(f"o{n}") for n in range(3)))
    assert states(database) == ["effective"]


def test_orders_of_a_listing_that_took_effect_do_not_count_again(database: Database) -> None:
    consume(database, *three_orders())
    entry = entries(database)[0].id
    confirm(database, entry)
    repair(database, entry, days(100))
    consume(database, executed("o3"), executed("o4"))
    assert states(database) == ["repaired"]
    consume(database, executed("o5"))
    assert states(database) == ["repaired", "proposed"]


def test_after_a_rejection_the_same_orders_count_with_a_new_one(database: Database) -> None:
    consume(database, *three_orders())
    with database.begin() as tx:
        decide_entry(tx, target(entries(database)[0].id, LI), EntryDecision.REJECT, "too little")
    consume(database, *three_orders())
    assert states(database) == ["withdrawn"]
    consume(database, executed("o3"))
    assert states(database) == ["withdrawn", "proposed"]


# ------------------------------------------------------------------------------------------------------- received again


def everything() -> list[Message[Any]]:
    return [
        *three_orders(), executed("o3"), lifted("o0"), fined("one"), fined("two", enterprise=OF_BEIJING),
        annulled("one"), groundless("o1"),
    ]  # fmt: skip


def settled(database: Database) -> list[tuple[Any, ...]]:
    tables = "SELECT state, cause, version FROM entries ORDER BY cause"
    return [tuple(row) for row in rows(database, tables)]


def test_receiving_everything_again_changes_nothing(database: Database) -> None:
    messages = everything()
    for message in messages:
        consume(database, message)
    before, facts = settled(database), rows(database, "SELECT count(*) FROM outbox")[0][0]
    consume(database, *messages)
    for message in reversed(messages):
        consume(database, message)
    assert settled(database) == before
    assert rows(database, "SELECT count(*) FROM outbox")[0][0] == facts


def test_the_inbox_removes_repeated_messages(database: Database) -> None:
    messages = everything()
    for _ in range(2):
        with database.begin() as tx:
            dispatch(tx, inbox.take(tx, messages), REACTIONS)
    assert published(database, "listing-proposed.v1") == len(entries(database)) == 4
    assert gaps(database) == []


def test_the_same_orders_count_for_every_order_of_receipt(database: Database) -> None:
    for number, order in enumerate(permutations(["e0", "e1", "e2", "l1"])):
        prefix, provider = f"round {number} ", OF_BEIJING
        for step in order:
            act = executed if step[0] == "e" else lifted
            consume(database, act(f"{prefix}{step[1]}", provider=provider, attribution="declared"))
        counting = rows(
            database,
            "SELECT id FROM orders WHERE counts AND id = ANY(:ids)",
            ids=[named(f"{prefix}{n}") for n in range(3)],
        )
        assert {row.id for row in counting} == {named(f"{prefix}0"), named(f"{prefix}2")}


def test_orders_and_fines_do_not_change_a_listing_by_hand(database: Database) -> None:
    listed(database)
    consume(database, *three_orders(), lifted("o0"), fined(), annulled())
    assert states(database) == ["effective", "withdrawn", "withdrawn"]
