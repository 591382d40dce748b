"""A listed enterprise: what it may not file, what becomes of its ports, and who decides that."""

from __future__ import annotations

import pytest

from chassis.aggregate import ConflictError
from services.ports.model import Listing, ListingPhase, Port, ProposalState, ShutdownProposal, Verdict
from services.ports.policy.listings import barred, part_in, taking_over
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


def test_a_filing_of_enterprises_that_nothing_is_forbidden_to_is_not_barred() -> None:
    assert barred(filing(), {}) is None
    assert barred(filing(), {OTHER_HOLDER: [restriction()]}) is None


@pytest.mark.parametrize(("code", "part"), [(HOLDER, "holder"), (PROVIDER, "provider")])
def test_a_listed_holder_or_provider_bars_it_and_the_reason_says_which_why_and_until_when(code: str, part: str) -> None:
    entry = restriction()
    found = barred(filing(), {code: [entry]})
    assert found is not None
    assert found.entry == entry.entry
    assert found.reasons == (
        f"the {part} {code} is on the adverse list until 2021-11-06 (listed-adverse-general, entry {entry.entry})",
    )


def test_a_listing_that_allows_new_resources_bars_nothing() -> None:
    assert barred(filing(), {HOLDER: [restriction(new_resources="allow")]}) is None


def test_of_several_listings_all_are_told_and_the_holders_oldest_is_named() -> None:
    newer, older = restriction(since=NOON), restriction(since=NOON - days(30))
    theirs = restriction(since=NOON - days(90))
    found = barred(filing(), {PROVIDER: [theirs], HOLDER: [newer, older]})
    assert found is not None
    assert found.entry == older.entry
    assert [str(each.entry) in reason for each, reason in zip((older, newer, theirs), found.reasons, strict=True)] == [
        True, True, True,
    ]  # fmt: skip


def test_an_enterprise_that_sends_through_its_own_port_is_told_of_once() -> None:
    found = barred(filing(provider=HOLDER), {HOLDER: [restriction()]})
    assert found is not None
    assert len(found.reasons) == 1
    assert "holder and provider" in found.reasons[0]


def test_an_enterprise_has_a_part_in_what_it_holds_and_what_it_sends_through() -> None:
    assert [part_in(filing(), code) for code in (HOLDER, PROVIDER, OTHER_HOLDER)] == ["holder", "provider", None]
    assert part_in(None, HOLDER) is None


def test_the_last_word_of_the_register_is_the_filing_without_an_end() -> None:
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
def test_what_follows_for_ports_is_what_the_restriction_says(existing: str, phase: ListingPhase) -> None:
    begun = listing(existing=existing)
    assert begun.phase is phase
    assert begun.in_force
    assert begun.wants_shut is (existing == "shut")
    assert begun.province == f"{HOLDER[2:4]}0000"


def test_an_unknown_word_for_existing_ports_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="perhaps"):
        listing(existing="perhaps")


def test_a_newer_standing_changes_the_terms_and_not_what_was_decided() -> None:
    begun = listing(existing="propose")
    later = restriction(entry=begun.entry, existing="shut", new_resources="allow", since=NOON + days(1))
    begun.stand(later, 2)
    assert (begun.phase, begun.version) == (ListingPhase.PROPOSED, 2)
    assert (begun.new_resources, begun.until) == ("allow", later.until)


@pytest.mark.parametrize("existing", ["none", "propose"])
def test_a_listing_that_shut_nothing_is_over_when_it_ends(existing: str) -> None:
    begun = listing(existing=existing)
    begun.end(2, NOW)
    assert (begun.phase, begun.ended_at, begun.in_force) == (ListingPhase.ENDED, NOW, False)


def test_a_listing_that_shut_ports_lets_go_of_them_before_it_is_over() -> None:
    for concluded in (False, True):
        begun = listing()
        if concluded:
            begun.conclude()
        begun.end(2, NOW)
        assert (begun.phase, begun.wants_shut) == (ListingPhase.LIFTING, False)
        begun.conclude()
        assert begun.phase is ListingPhase.ENDED


def test_a_port_that_opens_again_makes_a_concluded_listing_turn_to_it_and_no_other() -> None:
    begun, ended = listing(), listing()
    for each in (begun, ended):
        each.conclude()
    ended.end(2, NOW)
    for each in (begun, ended):
        each.resume()
    assert (begun.phase, ended.phase) == (ListingPhase.SHUTTING, ListingPhase.LIFTING)


def test_only_what_is_proposed_is_for_staff_to_decide() -> None:
    for existing in ("none", "shut"):
        for decide in (Listing.shut_ports, Listing.leave_ports):
            with pytest.raises(ConflictError, match="nothing is proposed"):
                decide(listing(existing=existing))


def test_the_oldest_listing_that_wants_a_port_shut_takes_an_order_over() -> None:
    newer, older = listing(since=NOON), listing(since=NOON - days(9), code=PROVIDER)
    elsewhere, undecided = listing(code=OTHER_HOLDER, since=NOON - days(99)), listing(existing="propose")
    every = [newer, older, elsewhere, undecided]
    assert taking_over(every, filing()) is older
    older.end(2, NOW)
    assert taking_over(every, filing()) is newer
    assert taking_over([elsewhere, undecided], filing()) is None
    assert taking_over(every, None) is None


# ------------------------------------------------------------------------------------------------------- proposals


def proposal() -> ShutdownProposal:
    return ShutdownProposal.of_port(
        "CMCC", NUMBER, province=None, reason="a test", proposer="li", correlation_id="c", at=NOON
    )


def test_somebody_else_decides() -> None:
    made = proposal()
    made.decide(Verdict.SHUT, "wang", "so be it", NOW)
    assert (made.state, made.decider, made.decided_at, made.version) == (ProposalState.SHUT, "wang", NOW, 2)


@pytest.mark.parametrize("verdict", Verdict)
def test_who_proposed_it_neither_passes_nor_rejects_it(verdict: Verdict) -> None:
    made = proposal()
    with pytest.raises(ConflictError) as refused:
        made.decide(verdict, "li", "so be it", NOW)
    assert refused.value.code == "four-eyes"
    assert (made.state, made.version) == (ProposalState.PROPOSED, 1)


def test_what_the_rules_propose_any_one_person_decides() -> None:
    made = ShutdownProposal.of_enterprise(listing(existing="propose"), NOON)
    made.decide(Verdict.REJECT, "li", "too hard", NOW)
    assert made.state is ProposalState.REJECTED


def test_it_is_decided_once_and_a_decision_is_not_withdrawn() -> None:
    made = proposal()
    made.decide(Verdict.SHUT, "wang", "so be it", NOW)
    made.withdraw("the listing ended", NOW)
    assert made.state is ProposalState.SHUT
    with pytest.raises(ConflictError) as refused:
        made.decide(Verdict.REJECT, "zhao", "no", NOW)
    assert refused.value.code == "proposal-state"


def test_what_was_withdrawn_is_not_decided() -> None:
    made = proposal()
    made.withdraw("the listing ended", NOW)
    assert (made.state, made.version) == (ProposalState.WITHDRAWN, 2)
    with pytest.raises(ConflictError, match="withdrawn"):
        made.decide(Verdict.SHUT, "wang", "so be it", NOW)
