"""A listed enterprise: its refused filings, its existing ports, and the proposals about them."""

from __future__ import annotations

import pytest

from chassis.aggregate import Cause, ConflictError
from chassis.ids import new_id
from services.ports.model import ListingPhase, Port, ProposalState, ShutdownProposal, Verdict
from services.ports.model.proposal import STAFF
from services.ports.policy.listings import refusal_of, role_in, successor
from tests.unit.ports.builders import (
    BECAUSE,
    HOLDER,
    NOON,
    NOW,
    NUMBER,
    OTHER_HOLDER,
    PROVIDER,
    days,
    filing,
    listing,
    restriction,
)

# --------------------------------------------------------------------------------------------------------- filings


def test_a_filing_of_unrestricted_enterprises_is_not_refused() -> None:
    assert refusal_of(filing(), {}) is None
    assert refusal_of(filing(), {OTHER_HOLDER: [restriction()]}) is None


@pytest.mark.parametrize(("code", "part"), [(HOLDER, "holder"), (PROVIDER, "provider")])
def test_a_listed_holder_or_provider_refuses_it_with_role_list_and_end_as_the_reason(code: str, part: str) -> None:
    entry = restriction()
    found = refusal_of(filing(), {code: [entry]})
    assert found is not None
    assert found.entry == entry.entry
    assert found.reasons == (
        f"the {part} {code} is on the adverse list until 2021-11-06 (listed-adverse-general, entry {entry.entry})",
    )


def test_a_listing_that_allows_new_resources_refuses_nothing() -> None:
    assert refusal_of(filing(), {HOLDER: [restriction(new_resources="allow")]}) is None


def test_several_listings_give_all_reasons_and_the_holders_oldest_is_named() -> None:
    newer, older = restriction(since=NOON), restriction(since=NOON - days(30))
    theirs = restriction(since=NOON - days(90))
    found = refusal_of(filing(), {PROVIDER: [theirs], HOLDER: [newer, older]})
    assert found is not None
    assert found.entry == older.entry
    assert [str(each.entry) in reason for each, reason in zip((older, newer, theirs), found.reasons, strict=True)] == [
        True, True, True,
    ]  # fmt: skip


def test_an_enterprise_that_is_both_holder_and_provider_gives_one_reason() -> None:
    found = refusal_of(filing(provider=HOLDER), {HOLDER: [restriction()]})
    assert found is not None
    assert len(found.reasons) == 1
    assert "holder and provider" in found.reasons[0]


def test_an_enterprise_has_a_role_as_holder_and_as_provider() -> None:
    assert [role_in(filing(), code) for code in (HOLDER, PROVIDER, OTHER_HOLDER)] == ["holder", "provider", None]
    assert role_in(None, HOLDER) is None


def test_the_last_filing_of_a_port_is_the_one_without_an_end() -> None:
    port = Port.unfiled("CMCC", NUMBER, NUMBER[:8])
    port.declare(filing(since=NOON), BECAUSE)
    port.declare(filing(since=NOON - days(30), holder=OTHER_HOLDER), BECAUSE)
    assert port.last is not None
    assert port.last.holder == HOLDER


# ---------------------------------------------------------------------------------------------------------- phases


@pytest.mark.parametrize(
    ("existing", "phase"),
    [("none", ListingPhase.NOTED), ("propose", ListingPhase.PROPOSED), ("shut", ListingPhase.SHUTTING)],
)
def test_the_restriction_decides_what_follows_for_existing_ports(existing: str, phase: ListingPhase) -> None:
    begun = listing(existing=existing)
    assert begun.phase is phase
    assert begun.in_force
    assert begun.wants_shut is (existing == "shut")
    assert begun.province == f"{HOLDER[2:4]}0000"


def test_an_unknown_value_for_existing_ports_is_an_error() -> None:
    with pytest.raises(ValueError, match="perhaps"):
        listing(existing="perhaps")


def test_a_newer_standing_changes_the_terms_but_not_the_phase() -> None:
    begun = listing(existing="propose")
    later = restriction(entry=begun.entry, existing="shut", new_resources="allow", since=NOON + days(1))
    begun.renew(later, 2)
    assert (begun.phase, begun.version) == (ListingPhase.PROPOSED, 2)
    assert (begun.new_resources, begun.until) == ("allow", later.until)


@pytest.mark.parametrize("existing", ["none", "propose"])
def test_a_listing_that_shut_no_port_ends_at_once(existing: str) -> None:
    begun = listing(existing=existing)
    begun.end(2, NOW)
    assert (begun.phase, begun.ended_at, begun.in_force) == (ListingPhase.ENDED, NOW, False)


def test_a_listing_that_shut_ports_lifts_its_orders_before_it_ends() -> None:
    for concluded in (False, True):
        begun = listing()
        if concluded:
            begun.conclude()
        begun.end(2, NOW)
        assert (begun.phase, begun.wants_shut) == (ListingPhase.LIFTING, False)
        begun.conclude()
        assert begun.phase is ListingPhase.ENDED


def test_a_reopened_port_resumes_a_concluded_listing_but_not_an_ended_one() -> None:
    begun, ended = listing(), listing()
    for each in (begun, ended):
        each.conclude()
    ended.end(2, NOW)
    for each in (begun, ended):
        each.resume()
    assert (begun.phase, ended.phase) == (ListingPhase.SHUTTING, ListingPhase.LIFTING)


def test_staff_decide_only_on_proposed_listings() -> None:
    for existing in ("none", "shut"):
        with pytest.raises(ConflictError, match="nothing is proposed"):
            listing(existing=existing).shut_ports(Cause.beginning("a decision"))
        with pytest.raises(ConflictError, match="nothing is proposed"):
            listing(existing=existing).leave_ports()


def test_the_oldest_listing_that_wants_a_port_shut_takes_over_its_order() -> None:
    newer, older = listing(since=NOON), listing(since=NOON - days(9), code=PROVIDER)
    elsewhere, undecided = listing(code=OTHER_HOLDER, since=NOON - days(99)), listing(existing="propose")
    every = [newer, older, elsewhere, undecided]
    assert successor(every, filing()) is older
    older.end(2, NOW)
    assert successor(every, filing()) is newer
    assert successor([elsewhere, undecided], filing()) is None
    assert successor(every, None) is None


# ------------------------------------------------------------------------------------------------------- proposals


def proposal() -> ShutdownProposal:
    return ShutdownProposal(
        id=new_id(),
        carrier="CMCC",
        number=NUMBER,
        reason="a test",
        proposed_by=STAFF,
        proposer="li",
        correlation_id="c",
        proposed_at=NOON,
    )


def test_a_second_person_decides() -> None:
    made = proposal()
    made.decide(Verdict.SHUT, "wang", "so be it", NOW)
    assert (made.state, made.decider, made.decided_at, made.version) == (ProposalState.SHUT, "wang", NOW, 2)


@pytest.mark.parametrize("verdict", Verdict)
def test_the_proposer_can_neither_approve_nor_reject(verdict: Verdict) -> None:
    made = proposal()
    with pytest.raises(ConflictError) as refused:
        made.decide(verdict, "li", "so be it", NOW)
    assert refused.value.code == "four-eyes"
    assert (made.state, made.version) == (ProposalState.PROPOSED, 1)


def test_any_one_person_decides_a_proposal_of_the_rules() -> None:
    made = ShutdownProposal.of_enterprise(listing(existing="propose"), NOON)
    made.decide(Verdict.REJECT, "li", "too hard", NOW)
    assert made.state is ProposalState.REJECTED


def test_a_proposal_is_decided_once_and_a_decision_is_not_withdrawn() -> None:
    made = proposal()
    made.decide(Verdict.SHUT, "wang", "so be it", NOW)
    made.withdraw("the listing ended", NOW)
    assert made.state is ProposalState.SHUT
    with pytest.raises(ConflictError) as refused:
        made.decide(Verdict.REJECT, "zhao", "no", NOW)
    assert refused.value.code == "proposal-state"


def test_a_withdrawn_proposal_cannot_be_decided() -> None:
    made = proposal()
    made.withdraw("the listing ended", NOW)
    assert (made.state, made.version) == (ProposalState.WITHDRAWN, 2)
    with pytest.raises(ConflictError, match="withdrawn"):
        made.decide(Verdict.SHUT, "wang", "so be it", NOW)
