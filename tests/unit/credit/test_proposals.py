"""Proposals that follow from fines and from orders, and the enterprise that an order counts against."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from chassis import rules
from contracts.examples.records.ports import RECORDS as OF_PORTS
from contracts.examples.records.referrals import RECORDS as OF_REFERRALS
from contracts.ports import GroundFell, OrderExecuted, OrderFact, OrderLifted
from contracts.referrals import ClueConcluded, Subject
from contracts.vocabulary import Tier
from services.credit.model import EntryState, ListingGround, ProposedListing
from services.credit.policy.orders import ShutPort, counts, enterprise_of
from services.credit.policy.proposals import EnterpriseOrders, PastEntry, after_fine, after_orders, still_reached
from services.credit.policy.rulebook import rule_for_orders, rules_for_fines
from tests.unit.credit.builders import NOON, SHOP, named, shut


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026")


CONCLUDED = next(each.event for each in OF_REFERRALS if isinstance(each.event, ClueConcluded))
EXECUTED = next(each.event for each in OF_PORTS if isinstance(each.event, OrderExecuted))
SIGNATURE = Subject(kind="signature", value="虚构优选", name=None)


def fine(subject: Subject | None = None, **conclusion: Any) -> ProposedListing | None:
    """The proposal after the clue of the examples, with another subject or conclusion."""
    assert CONCLUDED.conclusion is not None
    event = msgspec.structs.replace(
        CONCLUDED,
        subject=subject or CONCLUDED.subject,
        conclusion=msgspec.structs.replace(CONCLUDED.conclusion, **conclusion),
    )
    return after_fine(event, rules_for_fines)


def order(**overrides: Any) -> OrderFact:
    """The executed order of the examples, with these fields replaced."""
    return msgspec.structs.replace(EXECUTED, **overrides)


# ------------------------------------------------------------------------------------------------------------- fines


def test_the_published_example_of_a_clue_leads_to_the_published_example_of_an_entry() -> None:
    found = fine()
    assert found is not None
    assert (found.code, found.name, found.list, found.tier) == (
        CONCLUDED.subject.value, CONCLUDED.subject.name, "adverse", "general",
    )  # fmt: skip
    assert (found.cause, found.causes) == (f"clue:{CONCLUDED.clue}", (f"clue:{CONCLUDED.clue}",))
    assert found.facts[0].startswith("fined 20,000 yuan by SAMR, decision ")
    assert found.facts[0].endswith(" on a clue of 7 complaints of 6 people")


@pytest.mark.parametrize(
    ("amount", "tier"),
    [
        (1, Tier.MINOR), (9_999, Tier.MINOR), (10_000, Tier.GENERAL), (29_999, Tier.GENERAL), (30_000, Tier.SERIOUS),
        (None, Tier.MINOR),
    ],
)  # fmt: skip
def test_the_amount_of_a_fine_determines_the_tier(amount: int | None, tier: Tier) -> None:
    found = fine(amount=amount)
    assert found is not None
    assert found.tier is tier


def test_a_fine_without_a_known_enterprise_leads_to_no_proposal() -> None:
    assert fine(SIGNATURE, enterprise=None) is None


def test_the_enterprise_that_the_authority_found_is_proposed_without_the_name_in_the_clue() -> None:
    found = fine(SIGNATURE, enterprise=SHOP)
    assert found is not None
    assert (found.code, found.name) == (SHOP, None)
    other = fine(enterprise=SHOP)
    assert other is not None
    assert (other.code, other.name) == (SHOP, None)


def test_the_subject_of_the_clue_is_proposed_where_the_authority_found_no_other_enterprise() -> None:
    found = fine(enterprise=None)
    assert found is not None
    assert found.code == CONCLUDED.subject.value


@pytest.mark.parametrize("code", ["warned", "interviewed", "rectified", "no-violation", "merged", "transferred"])
def test_only_a_fine_leads_to_a_proposal(code: str) -> None:
    assert fine(code=code) is None


def test_a_fine_before_the_first_rule_leads_to_no_proposal() -> None:
    event = msgspec.structs.replace(CONCLUDED, concluded_at=datetime(2017, 8, 30, tzinfo=UTC))
    assert after_fine(event, rules_for_fines) is None


# ------------------------------------------------------------------------------------------------------------- orders


@pytest.mark.parametrize(
    ("attribution", "expected"),
    [
        ("declared", EXECUTED.provider),
        ("sublet-suspected", EXECUTED.holder),
        ("unregistered", EXECUTED.holder),
        ("p2p", None),
    ],
)
def test_an_order_counts_against_the_enterprise_responsible_for_the_messages(
    attribution: str, expected: str | None
) -> None:
    assert enterprise_of(order(attribution=attribution)) == expected


def test_an_executed_order_counts_until_it_falls() -> None:
    assert counts(order())
    assert not counts(order(executed_at=None))
    assert not counts(order(lifted_at=NOON))
    assert not counts(order(ground_fell_at=NOON))
    assert not counts(order(provider=None))


@pytest.mark.parametrize("kind", [OrderLifted, GroundFell])
def test_the_published_examples_of_orders_that_fell_do_not_count(kind: type[OrderFact]) -> None:
    (fallen,) = [each.event for each in OF_PORTS if isinstance(each.event, kind)]
    assert not counts(fallen)


def test_an_order_that_a_listing_caused_never_counts() -> None:
    assert not counts(order(ground="listing"))
    assert counts(order(ground="by-hand"))


def follows(
    *arrivals: ShutPort, before: tuple[ShutPort, ...] = (), entries: tuple[PastEntry, ...] = ()
) -> ProposedListing | None:
    return after_orders(EnterpriseOrders(code=SHOP, before=before, arrivals=arrivals, entries=entries), rule_for_orders)


THREE = (shut("a"), shut("b", 1), shut("c", 2))
CAUSES = tuple(f"order:{each.order}" for each in THREE)


def past(state: EntryState, cause: str = CAUSES[2], *, took_effect: bool = False) -> PastEntry:
    return PastEntry(cause, CAUSES, state, took_effect)


def test_three_ports_within_the_window_lead_to_a_proposal() -> None:
    found = follows(*THREE)
    assert found is not None
    assert (found.ground, found.list, found.tier) == (ListingGround.ORDERS, "adverse", "general")
    assert (found.cause, found.causes) == (CAUSES[2], CAUSES)
    assert follows(*THREE[:2]) is None


@pytest.mark.parametrize("state", [EntryState.PROPOSED, EntryState.CONTESTED, EntryState.EFFECTIVE])
def test_while_an_entry_is_active_there_is_no_second_one(state: EntryState) -> None:
    assert follows(shut("d", 3), before=THREE, entries=(past(state),)) is None


def test_after_a_rejection_the_same_orders_count_only_with_a_new_one() -> None:
    rejected = past(EntryState.WITHDRAWN)
    assert follows(THREE[2], before=THREE[:2], entries=(rejected,)) is None
    found = follows(shut("d", 3), before=THREE, entries=(rejected,))
    assert found is not None
    assert found.cause == f"order:{named('d')}"


@pytest.mark.parametrize("state", [EntryState.REPAIRED, EntryState.EXPIRED, EntryState.WITHDRAWN])
def test_orders_of_a_listing_that_took_effect_do_not_count_again(state: EntryState) -> None:
    ended = past(state, took_effect=True)
    assert follows(shut("d", 3), shut("e", 4), before=THREE, entries=(ended,)) is None
    assert follows(shut("d", 3), shut("e", 4), shut("f", 5), before=THREE, entries=(ended,)) is not None


def test_a_proposal_remains_while_its_own_orders_reach_the_threshold() -> None:
    assert still_reached(CAUSES, THREE, rule_for_orders)
    assert still_reached((*CAUSES, "order:gone"), THREE, rule_for_orders)
    others = tuple(shut(f"other {n}", 3) for n in range(9))
    assert not still_reached(CAUSES, (*THREE[:2], *others), rule_for_orders)
