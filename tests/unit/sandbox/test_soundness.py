"""Both scenarios contain valid filings and complaints, correctly classifiable texts, and only invented data."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from chassis import rules
from chassis.imports import Ndjson
from chassis.imports.formats import BadLine
from contracts.carriers import CARRIERS
from contracts.channels import CHANNELS
from contracts.credit_codes import CreditCode
from contracts.numbers import NumberKind, SenderNumber
from contracts.provinces import PROVINCES
from contracts.vocabulary import Consent, Purpose
from sandbox import scenario
from sandbox.scenario import files
from sandbox.scenario.cast import SenderCase
from sandbox.scenario.records import ComplaintRecord, Scenario
from services.complaints.policy.assessment import standard
from services.complaints.policy.classification import classify
from services.complaints.policy.intake import Report, find_errors
from services.complaints.policy.rulebook import RULES, ComplaintForm
from services.complaints.policy.signatures import read

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
WINDOW = timedelta(days=10)
CRIMES = ("phishing", "prize", "gambling", "papers")


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", None)
    rules.use_packs("CN-2015,CN-2026")


@pytest.fixture(scope="module", params=["small 1", "small 2", "small 3", "year 1", "year 2"])
def generated(request: pytest.FixtureRequest) -> Scenario:
    kind, _, seed = request.param.partition(" ")
    return (scenario.generate if kind == "small" else scenario.year.generate)(NOW, int(seed))


@pytest.fixture(scope="module")
def by_number(generated: Scenario) -> dict[str, list[ComplaintRecord]]:
    found: dict[str, list[ComplaintRecord]] = defaultdict(list)
    for each in generated.complaints:
        found[each.sender_number].append(each)
    return found


def _vouched_in_a_window(complaints: list[ComplaintRecord]) -> int:
    """The maximum count of distinct vouched complainants whose messages were sent within ten days."""
    vouched = [each for each in complaints if CHANNELS[each.channel].vouched]
    sent = [(datetime.fromisoformat(each.sent_at), each.complainant_number) for each in vouched]
    return max((len({person for at, person in sent if begin <= at <= begin + WINDOW}) for begin, _ in sent), default=0)


def test_every_filing_is_valid(generated: Scenario) -> None:
    for each in generated.filings:
        number = SenderNumber.parse(each.number)
        assert number.kind is NumberKind.PORT
        assert number.access is not None
        assert number.carriers in ((), (each.carrier,))
        assert (each.province in PROVINCES) == (number.access.scope == "provincial")
        assert each.carrier in CARRIERS
        assert each.purpose in set(Purpose)
        assert each.declared_from <= NOW.date().isoformat()
        assert CreditCode.parse(each.holder_uscc).value == each.holder_uscc
        assert CreditCode.parse(each.provider_uscc).value == each.provider_uscc
    assert len({(each.number, each.carrier) for each in generated.filings}) == len(generated.filings)


def test_an_access_code_has_one_holder_and_one_carrier(generated: Scenario) -> None:
    owners: dict[str | None, set[tuple[str, str]]] = defaultdict(set)
    for each in generated.filings:
        owners[SenderNumber.parse(each.number).base].add((each.carrier, each.holder_uscc))
    assert all(len(each) == 1 for each in owners.values())


def test_every_enterprise_is_recognisably_invented_and_has_one_name(generated: Scenario) -> None:
    names: dict[str, set[str]] = defaultdict(set)
    for each in generated.filings:
        names[each.holder_uscc].add(each.holder_name)
        names[each.provider_uscc].add(each.provider_name)
    assert all("FAKE" in code for code in names)
    assert all(len(each) == 1 for each in names.values())
    assert len({name for each in names.values() for name in each}) == len(names)


def test_numbers_of_complainants_and_links_are_unassigned(generated: Scenario) -> None:
    for each in generated.complaints:
        assert SenderNumber.parse(each.complainant_number).kind is NumberKind.MOBILE
        assert each.complainant_number.startswith("154")
        links = re.findall(r"[a-z0-9.-]+\.[a-z]{2,}", each.text)
        assert all(link.endswith(".example") for link in links)
        assert "{" not in each.text
        assert "#" not in each.text


def test_every_complaint_is_valid(generated: Scenario) -> None:
    for each in generated.complaints:
        sent_at, received_at = datetime.fromisoformat(each.sent_at), datetime.fromisoformat(each.received_at)
        assert sent_at < received_at <= NOW
        assert each.channel in CHANNELS
        assert each.complainant_province in PROVINCES
        assert each.consented in set(Consent)
        assert each.text
    assert [each.received_at for each in generated.complaints] == sorted(
        each.received_at for each in generated.complaints
    )
    assert len({each.external_id for each in generated.complaints}) == len(generated.complaints)


def test_the_intake_accepts_every_good_line(generated: Scenario) -> None:
    form = RULES.at(ComplaintForm, NOW)
    refused = 0
    read_line = Ndjson(Report).reader(())
    for line in files.complaints_ndjson(generated).splitlines():
        try:
            refused += bool(find_errors(read_line(line), form, NOW))
        except BadLine:
            refused += 1
    # One bad line contradicts another line; only the database can detect that.
    assert refused == files.BAD_COMPLAINTS - 1


def test_every_message_is_classified_correctly(generated: Scenario) -> None:
    expected = {each.external_id: (each.industry, each.category) for each in generated.classifications}
    wrong = []
    for each in generated.complaints:
        known = standard(datetime.fromisoformat(each.sent_at))
        signed = read(each.text, known.lexicon.spelling, known.form)
        found = classify(each.text, signed, known.lexicon, known.thresholds)
        if (found.industry, found.category) != expected[each.external_id]:
            wrong.append((each.text, found))
    assert len(wrong) <= 0.005 * len(generated.complaints), wrong


def test_numbers_that_must_be_shut_have_enough_vouched_complainants(
    generated: Scenario, by_number: dict[str, list[ComplaintRecord]]
) -> None:
    bars = {"order:commercial": 5, "order:suspected-crime": 2, "order:sublet": 3, "enquiry": 2}
    for each in generated.senders:
        if each.follows in bars:
            assert _vouched_in_a_window(by_number[each.number]) >= bars[each.follows], each
        elif each.case is SenderCase.QUIET:
            bar = bars["order:suspected-crime" if each.kind in CRIMES else "order:commercial"]
            assert _vouched_in_a_window(by_number[each.number]) < bar, each


def test_numbers_are_filed_as_their_case_requires(
    generated: Scenario, by_number: dict[str, list[ComplaintRecord]]
) -> None:
    for each in generated.senders:
        filed = [filing for filing in generated.filings if each.number.startswith(filing.number)]
        assert len(by_number[each.number]) == each.complaints
        if each.truth in ("unregistered", "p2p", "other"):
            assert not filed
            continue
        (filing,) = filed
        assert (filing.number == each.number) == (each.case is not SenderCase.EXTENDS)
        assert (filing.signature in each.signatures) == (each.case is not SenderCase.SUBLETS)
        assert (filing.carrier, filing.provider_uscc) == (each.carrier, each.provider_uscc)
        sent = [datetime.fromisoformat(one.sent_at).date().isoformat() for one in by_number[each.number]]
        if each.case is SenderCase.DECLARED_LATE:
            assert max(sent) < filing.declared_from
        else:
            assert filing.declared_from < min(sent)
