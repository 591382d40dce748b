"""The history of a port: which filing holds when, in any order of filing."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from contracts.ports import FilingDecided, FilingRecorded, PortDeclared
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


def test_a_first_filing_is_published_and_then_its_port() -> None:
    first = filing()
    recorded = port(first).drain()
    assert [each.version for each in recorded] == [1, 2]
    (filed, declared) = (each.event for each in recorded)
    assert isinstance(filed, FilingRecorded)
    assert (filed.key, filed.valid_from, filed.valid_to) == (f"CMCC:{NUMBER}:{first.id}", NOON, None)
    assert isinstance(declared, PortDeclared)
    assert (declared.key, declared.status, declared.filing) == (f"CMCC:{NUMBER}", "declared", first.id)


def test_a_later_filing_publishes_itself_and_the_end_of_the_earlier_one_only() -> None:
    filings = [filing(since=NOON + days(each)) for each in range(5)]
    made = port(*filings)
    made.drain()
    made.declare(filing(since=NOON + days(9)), BECAUSE)
    *recorded, declared = (each.event for each in made.drain())
    assert all(isinstance(each, FilingRecorded) for each in recorded)
    assert [(each.filing, each.valid_to) for each in recorded if isinstance(each, FilingRecorded)] == [
        (made.filings[-1].id, None),
        (filings[-1].id, NOON + days(9)),
    ]
    assert isinstance(declared, PortDeclared)
    assert declared.filing == made.filings[-1].id


def test_the_history_of_the_last_release_is_published_once_and_before_any_other_fact() -> None:
    def of_the_last_release() -> Port:
        """The last release counts its facts, and does not know which filings were published."""
        made = port(filing(), filing(since=NOON + days(3)))
        made.drain()
        made.history_version = 0
        return made

    swept, shut = of_the_last_release(), of_the_last_release()
    for _ in range(2):
        swept.publish_history(BECAUSE)
    shut.shut(BECAUSE)
    for made in (swept, shut):
        *recorded, declared = (each.event for each in made.drain())
        assert [each.filing for each in recorded if isinstance(each, FilingRecorded)] == [
            each.id for each in made.filings
        ]
        assert isinstance(declared, PortDeclared)


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
