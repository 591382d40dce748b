"""The history of a port: which filing holds when, in any order of filing."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from contracts.ports import FilingDecided, PortDeclared
from services.ports.model import Application, Hindrance, HindranceKind, Port, PortStatus
from services.ports.model.filing import PortFiling
from tests.unit.ports.builders import BECAUSE, NOON, NUMBER, days, filing, order


def port(*filings: PortFiling) -> Port:
    made = Port.unfiled("CMCC", NUMBER, NUMBER[:8])
    for each in filings:
        made.declare(each, BECAUSE)
    return made


def application(filed: PortFiling) -> Application:
    return Application(id=filed.id, carrier="CMCC", number=NUMBER, filed=filed, digest=b"")


def test_a_first_filing_declares_the_port_with_its_whole_snapshot() -> None:
    declared = port(filing()).drain()
    assert [each.version for each in declared] == [1]
    fact = declared[0].event
    assert isinstance(fact, PortDeclared)
    assert (fact.aggregate_id, fact.status, len(fact.filings)) == (f"CMCC:{NUMBER}", "declared", 1)


def test_a_later_filing_ends_the_earlier_one() -> None:
    first, second = filing(since=NOON), filing(since=NOON + days(30), signature="虚构生活")
    history = port(first, second).filings
    assert [(each.valid_from, each.valid_to) for each in history] == [(NOON, NOON + days(30)), (NOON + days(30), None)]


def test_a_filing_from_an_earlier_date_holds_until_the_existing_one() -> None:
    first, earlier = filing(since=NOON), filing(since=NOON - days(30), signature="虚构生活")
    made = port(first, earlier)
    before, at = made.filing_at(NOON - days(1)), made.filing_at(NOON)
    assert before is not None
    assert at is not None
    assert (before.signature, at.signature) == ("虚构生活", "样例服务")


def test_a_filing_of_the_same_day_corrects_the_first_one_which_stays_in_the_history() -> None:
    made = port(filing(), filing(signature="虚构生活"))
    held = made.filing_at(NOON)
    assert held is not None
    assert held.signature == "虚构生活"
    assert len(made.filings) == 2
    assert sum(each.empty for each in made.filings) == 1


def test_a_filing_that_the_register_already_has_is_known() -> None:
    made = port(filing(since=NOON))
    assert made.known_as(filing(since=NOON))
    assert made.known_as(filing(since=NOON + days(90)))
    assert not made.known_as(filing(since=NOON - days(1)))
    assert not made.known_as(filing(signature="虚构生活"))


def test_shutting_and_reopening_publish_the_port_once_each() -> None:
    made = port(filing())
    made.drain()
    made.shut(BECAUSE)
    made.shut(BECAUSE)
    made.reopen(BECAUSE)
    made.reopen(BECAUSE)
    facts = [each.event for each in made.drain()]
    assert [fact.status for fact in facts if isinstance(fact, PortDeclared)] == ["shut", "declared"]
    assert made.status is PortStatus.DECLARED


def test_a_refused_filing_has_its_reasons_and_its_hindrance() -> None:
    hindrance = Hindrance(HindranceKind.ORDER, order().id)
    refused = application(filing())
    refused.refuse(hindrance, ("shut",), BECAUSE)
    fact = refused.drain()[0].event
    assert isinstance(fact, FilingDecided)
    assert (fact.decision, fact.reasons, fact.listing) == ("refused", ("shut",), None)
    assert refused.hindrance == hindrance


def test_a_filing_that_a_listing_refuses_names_its_entry() -> None:
    hindrance = Hindrance(HindranceKind.LISTING, new_id())
    refused = application(filing())
    refused.refuse(hindrance, ("listed",), BECAUSE)
    fact = refused.drain()[0].event
    assert isinstance(fact, FilingDecided)
    assert (fact.decision, fact.listing) == ("refused", hindrance.id)


def test_the_digest_depends_on_content_and_date_only() -> None:
    assert filing().digest(NOON) == filing(since=NOON + days(1)).digest(NOON)
    assert filing().digest(NOON) != filing().digest(NOON + days(1))
    assert filing().digest(NOON) != filing(signature="虚构生活").digest(NOON)
    assert filing().digest(None) == filing(since=NOON + days(1)).digest(None) != filing().digest(NOON)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("甲乙丙丁")), min_size=1, max_size=9))
def test_filings_never_overlap_and_the_last_one_for_a_day_holds(filed: list[tuple[int, str]]) -> None:
    made = port(*(filing(since=NOON + days(day), signature=name) for day, name in filed))
    in_force = [each for each in made.filings if not each.empty]
    for earlier, later in itertools.pairwise(in_force):
        assert earlier.valid_to == later.valid_from
    assert in_force[-1].valid_to is None
    for day, _ in filed:
        held = made.filing_at(NOON + days(day))
        assert held is not None
        assert held.signature == [name for other, name in filed if other == day][-1]
