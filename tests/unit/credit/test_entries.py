"""An entry from its proposal to its end: its steps, who may take them, and the facts that they publish."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from chassis.aggregate import Cause, ConflictError
from contracts.credit import (
    ListingContested,
    ListingEffective,
    ListingExpired,
    ListingFact,
    ListingProposed,
    ListingRepaired,
    ListingWithdrawn,
)
from contracts.vocabulary import Tier
from services.credit.model import Entry, EntryState, EntryWithdrawal
from tests.unit.credit.builders import BECAUSE, NOON, cited, days, effects, listed, proposal

MOMENT = timedelta(microseconds=1)
WEEK = NOON + days(7)


def contest(entry: Entry) -> None:
    entry.contest("the messages were asked for", NOON + days(1), BECAUSE)


def confirm(entry: Entry) -> None:
    entry.confirm(effects(), "wang", "well founded", WEEK, BECAUSE)


def reject(entry: Entry) -> None:
    entry.reject("wang", "unfounded", NOON, BECAUSE)


def repair(entry: Entry) -> None:
    entry.repair("all put right", WEEK + days(90), BECAUSE)


def withdraw(entry: Entry) -> None:
    entry.withdraw(EntryWithdrawal.MISTAKE, "a mistake", WEEK, BECAUSE)


def expire(entry: Entry) -> None:
    assert entry.expire(WEEK + days(365), BECAUSE)


def facts_of(entry: Entry) -> list[ListingFact]:
    recorded = [each.event for each in entry.recorded]
    assert all(isinstance(each, ListingFact) for each in recorded)
    return [each for each in recorded if isinstance(each, ListingFact)]


PATHS: list[tuple[list[Callable[[Entry], None]], EntryState, list[type[ListingFact]]]] = [
    ([], EntryState.PROPOSED, [ListingProposed]),
    ([contest], EntryState.CONTESTED, [ListingProposed, ListingContested]),
    ([confirm], EntryState.EFFECTIVE, [ListingProposed, ListingEffective]),
    ([contest, confirm], EntryState.EFFECTIVE, [ListingProposed, ListingContested, ListingEffective]),
    ([reject], EntryState.WITHDRAWN, [ListingProposed, ListingWithdrawn]),
    ([contest, reject], EntryState.WITHDRAWN, [ListingProposed, ListingContested, ListingWithdrawn]),
    ([withdraw], EntryState.WITHDRAWN, [ListingProposed, ListingWithdrawn]),
    ([confirm, withdraw], EntryState.WITHDRAWN, [ListingProposed, ListingEffective, ListingWithdrawn]),
    ([confirm, repair], EntryState.REPAIRED, [ListingProposed, ListingEffective, ListingRepaired]),
    ([confirm, expire], EntryState.EXPIRED, [ListingProposed, ListingEffective, ListingExpired]),
]


@pytest.mark.parametrize(("steps", "state", "kinds"), PATHS)
def test_every_step_records_one_fact_with_the_whole_state(
    steps: list[Callable[[Entry], None]], state: EntryState, kinds: list[type[ListingFact]]
) -> None:
    entry = proposal()
    for step in steps:
        step(entry)
    assert (entry.state, entry.version) == (state, len(kinds))
    facts = facts_of(entry)
    assert [type(each) for each in facts] == kinds
    assert [each.version for each in entry.recorded] == list(range(1, len(kinds) + 1))
    assert (facts[-1].state, facts[-1].effective_at, facts[-1].withdrawal) == (
        entry.state, entry.effective_at, entry.withdrawal,
    )  # fmt: skip


ENDED = [path for path in PATHS if path[1] not in (EntryState.PROPOSED, EntryState.CONTESTED, EntryState.EFFECTIVE)]


@pytest.mark.parametrize("steps", [path[0] for path in ENDED])
@pytest.mark.parametrize("step", [contest, confirm, reject, repair, withdraw])
def test_an_ended_entry_takes_no_further_step(
    steps: list[Callable[[Entry], None]], step: Callable[[Entry], None]
) -> None:
    entry = proposal()
    for each in steps:
        each(entry)
    version = entry.version
    with pytest.raises(ConflictError) as conflict:
        step(entry)
    assert (conflict.value.code, entry.version) == ("entry-state", version)
    assert not entry.expire(WEEK + days(9_999), BECAUSE)


@pytest.mark.parametrize(
    ("before", "step"),
    [
        *(([], repair), ([contest], contest), ([contest], repair)),
        *(([confirm], contest), ([confirm], confirm), ([confirm], reject)),
    ],
)
def test_steps_in_the_wrong_order_are_refused(
    before: list[Callable[[Entry], None]], step: Callable[[Entry], None]
) -> None:
    entry = proposal()
    for each in before:
        each(entry)
    with pytest.raises(ConflictError) as conflict:
        step(entry)
    assert conflict.value.code == "entry-state"


# --------------------------------------------------------------------------------------------------- four eyes, periods


@pytest.mark.parametrize("contested", [False, True])
def test_the_proposer_can_neither_confirm_nor_reject(contested: bool) -> None:
    entry = proposal(proposer="wang")
    if contested:
        contest(entry)
    for step in (confirm, reject):
        with pytest.raises(ConflictError) as conflict:
            step(entry)
        assert conflict.value.code == "four-eyes"
    assert entry.decided_by is None


def test_any_staff_member_can_decide_a_proposal_of_the_rules() -> None:
    entry = proposal(proposer=None)
    confirm(entry)
    assert (entry.state, entry.decided_by) == (EntryState.EFFECTIVE, "wang")


def test_a_proposal_is_confirmed_only_after_the_contest_period() -> None:
    entry = proposal()
    with pytest.raises(ConflictError) as conflict:
        entry.confirm(effects(), "wang", "early", WEEK - MOMENT, BECAUSE)
    assert conflict.value.code == "contest-period-runs"
    entry.confirm(effects(), "wang", "in time", WEEK, BECAUSE)


def test_a_proposal_is_contested_only_within_the_contest_period() -> None:
    early, late = proposal(), proposal()
    early.contest("no", WEEK - MOMENT, BECAUSE)
    with pytest.raises(ConflictError) as conflict:
        late.contest("no", WEEK, BECAUSE)
    assert conflict.value.code == "contest-period-over"


def test_an_objection_does_not_shorten_its_own_term() -> None:
    entry = proposal()
    contest(entry)
    with pytest.raises(ConflictError, match="may contest it until"):
        entry.confirm(effects(), "wang", "well founded", NOON + days(1), BECAUSE)
    entry.confirm(effects(), "wang", "well founded", WEEK, BECAUSE)
    assert (entry.state, entry.contested_at) == (EntryState.EFFECTIVE, NOON + days(1))


def test_a_proposal_may_be_confirmed_at_once_where_the_enterprise_waives_the_term() -> None:
    entry = proposal()
    entry.contest("we stopped", NOON + days(1), BECAUSE, waives_term=True)
    entry.confirm(effects(), "wang", "well founded", NOON + days(1), BECAUSE)
    assert (entry.state, entry.waived_at) == (EntryState.EFFECTIVE, NOON + days(1))


def test_a_person_in_the_chain_of_the_ground_does_not_decide() -> None:
    ground = BECAUSE.joined(["concluder", "filer"])
    for confirmed in (True, False):
        entry = proposal(proposer=None, because=ground)
        entry.contest("we stopped", NOON + days(1), BECAUSE.joined(["recorder"]))
        for person in ("concluder", "filer", "recorder"):
            with pytest.raises(ConflictError) as caught:
                decide(entry, person, confirmed=confirmed)
            assert caught.value.code == "four-eyes"
        decide(entry, "wang", confirmed=confirmed)
        assert entry.actors == ("concluder", "filer", "recorder", "wang")
        assert entry.recorded[-1].cause.actors == entry.actors


def decide(entry: Entry, person: str, *, confirmed: bool) -> None:
    if confirmed:
        entry.confirm(effects(), person, "well founded", WEEK, BECAUSE.joined([person]))
    else:
        entry.reject(person, "unfounded", WEEK, BECAUSE.joined([person]))


def test_periods_of_a_listing_count_from_the_time_at_which_it_takes_effect() -> None:
    entry = listed()
    assert (entry.effective_at, entry.until, entry.repairable_from) == (WEEK, WEEK + days(365), WEEK + days(90))
    assert entry.rules == (cited("listing.fined"), cited("tier.general"))


def test_a_listing_is_repaired_only_after_its_minimum_time() -> None:
    entry = listed()
    with pytest.raises(ConflictError) as conflict:
        entry.repair("early", WEEK + days(90) - MOMENT, BECAUSE)
    assert conflict.value.code == "repair-too-early"
    entry.repair("in time", WEEK + days(90), BECAUSE)
    assert (entry.repaired_at, entry.repair_statement) == (WEEK + days(90), "in time")


def test_a_listing_expires_only_when_its_period_is_over() -> None:
    entry = listed()
    assert not entry.expire(WEEK + days(365) - MOMENT, BECAUSE)
    assert entry.expire(WEEK + days(365), BECAUSE)
    assert not entry.expire(WEEK + days(366), BECAUSE)


# ----------------------------------------------------------------------------------------------- facts and restrictions


def test_no_fact_names_or_quotes_a_person() -> None:
    entry = proposal()
    for step in (contest, confirm, repair):
        step(entry)
    for fact in facts_of(entry):
        content = repr(fact)
        assert not any(word in content for word in ("wang", "'li'", "well founded", "asked for", "put right"))
        assert fact.proposed_by == "staff"
    assert facts_of(proposal(proposer=None))[0].proposed_by == "rules"


def test_every_fact_has_the_correlation_id_of_the_proposal() -> None:
    entry = proposal()
    entry.contest("no", NOON, Cause("another story", "a request", "a trace"))
    cause = entry.recorded[-1].cause
    assert (cause.correlation_id, cause.causation_id, cause.traceparent) == ("the story", "a request", "a trace")


def test_an_entry_without_a_cause_is_its_own_cause() -> None:
    entry = proposal(cause=None, causes=())
    assert entry.cause == f"entry:{entry.id}"


def test_a_listing_restricts_by_list_and_tier() -> None:
    restriction = listed(tier=Tier.SERIOUS).restriction()
    assert (restriction.reason, restriction.new_resources, restriction.existing) == (
        "listed-adverse-serious", "refuse", "propose",
    )  # fmt: skip
    assert (restriction.since, restriction.until) == (WEEK, WEEK + days(365))


def test_the_province_is_the_one_in_the_credit_code() -> None:
    assert proposal().province == "440000"
