"""The small scenario: generated from a seed, in the past, with every case that the platform must distinguish."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.channels import CHANNELS
from contracts.industries import INDUSTRIES
from contracts.numbers import SenderNumber
from contracts.vocabulary import AttributionKind, Category
from sandbox import scenario
from sandbox.scenario import files, messages
from sandbox.scenario.cast import SenderCase
from sandbox.scenario.records import ComplaintRecord, Scenario

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
WINDOW = timedelta(days=10)
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module", params=SEEDS)
def generated(request: pytest.FixtureRequest) -> Scenario:
    return scenario.generate(NOW, request.param)


@pytest.fixture(scope="module")
def by_number(generated: Scenario) -> dict[str, list[ComplaintRecord]]:
    found: dict[str, list[ComplaintRecord]] = defaultdict(list)
    for each in generated.complaints:
        found[each.sender_number].append(each)
    return found


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def _vouched(complaints: list[ComplaintRecord]) -> list[ComplaintRecord]:
    return [each for each in complaints if CHANNELS[each.channel].vouched]


def _complainants_in_a_window(complaints: list[ComplaintRecord]) -> int:
    """The maximum count of distinct complainants whose messages were sent within ten days."""
    sent = [(datetime.fromisoformat(each.sent_at), each.complainant_number) for each in complaints]
    return max((len({person for at, person in sent if begin <= at <= begin + WINDOW}) for begin, _ in sent), default=0)


def test_the_same_seed_and_time_give_the_same_files(generated: Scenario) -> None:
    again = scenario.generate(NOW, int(generated.complaints[0].external_id[1]))
    assert files.complaints_ndjson(again) == files.complaints_ndjson(generated)
    assert files.ports_csv(again) == files.ports_csv(generated)


def test_another_seed_gives_other_numbers() -> None:
    one, two = (scenario.generate(NOW, seed) for seed in (1, 2))
    assert {each.number for each in one.senders} != {each.number for each in two.senders}


def test_another_time_gives_other_complaints_about_the_same_numbers() -> None:
    one, two = scenario.generate(NOW), scenario.generate(NOW + timedelta(days=3))
    assert [each.number for each in one.senders] == [each.number for each in two.senders]
    assert {each.external_id for each in one.complaints}.isdisjoint(each.external_id for each in two.complaints)


def test_the_scenario_is_small_and_has_every_case(generated: Scenario) -> None:
    assert 50 <= len(generated.filings) <= 70
    assert 520 <= len(generated.complaints) <= 680
    assert {each.case for each in generated.senders} == set(SenderCase) - {SenderCase.SILENT}
    assert {each.truth for each in generated.senders} == {*AttributionKind, "declared-late"}
    assert {each.follows for each in generated.senders} == {
        *("order:commercial", "order:suspected-crime", "order:sublet", "enquiry", "nothing")
    }


def test_messages_of_every_kind_occur(generated: Scenario) -> None:
    classifications = Counter(each.kind for each in generated.classifications)
    assert set(classifications) == set(messages.load().kinds)
    assert {each.category for each in generated.classifications} == set(Category)
    assert {each.industry for each in generated.classifications} <= set(INDUSTRIES)


def test_numbers_that_must_not_be_shut_stay_below_every_threshold(
    generated: Scenario, by_number: dict[str, list[ComplaintRecord]]
) -> None:
    not_shut = {SenderCase.QUIET, SenderCase.ONE_COMPLAINANT, SenderCase.UNVOUCHED, SenderCase.SPREAD}
    categories = {each.external_id: each.category for each in generated.classifications}
    for each in generated.senders:
        if each.case in not_shut:
            assert _complainants_in_a_window(_vouched(by_number[each.number])) < 5
            assert {categories[one.external_id] for one in by_number[each.number]} == {"commercial"}
        if each.case is SenderCase.NOTIFIES:
            assert {categories[one.external_id] for one in by_number[each.number]} == {"not-spam"}


def test_unregistered_numbers_have_filed_planned_and_unknown_access_codes(generated: Scenario) -> None:
    filed = {SenderNumber.parse(each.number).base for each in generated.filings}
    unregistered = [SenderNumber.parse(each.number) for each in generated.senders if each.truth == "unregistered"]
    assert any(each.base in filed for each in unregistered)
    assert any(each.base not in filed and each.carriers for each in unregistered)
    assert any(each.base not in filed and not each.carriers for each in unregistered)


def test_signatures_are_spelled_in_many_ways(generated: Scenario) -> None:
    spelled = {re.sub(r"[^【】\[\]〔〕 ]|(?<=.)官方", "", each.text)[:2] for each in generated.complaints}
    assert len(spelled) >= 4
    assert any(each.text.endswith("】") for each in generated.complaints)


def test_the_files_contain_the_scenario_and_a_few_bad_lines(generated: Scenario, tmp_path: Path) -> None:
    scenario.write(generated, tmp_path / "files")
    written = {each.name: each.read_bytes() for each in (tmp_path / "files").iterdir()}
    assert set(written) == {
        *("ports.csv", "complaints.ndjson", "answers_numbers.csv", "answers_complaints.csv", "book.csv")
    }
    ports = _rows(written["ports.csv"])
    assert len(ports) == len(generated.filings) + files.BAD_FILINGS + files.REPEATED_FILINGS
    lines = written["complaints.ndjson"].splitlines()
    assert len(lines) == len(generated.complaints) + 1 + files.BAD_COMPLAINTS + files.REPEATED_COMPLAINTS
    assert len(_rows(written["answers_complaints.csv"])) == len(generated.complaints)
    assert len(_rows(written["answers_numbers.csv"])) == len(generated.senders)
    assert {row["carrier"] for row in _rows(written["book.csv"])} > {"", "CMCC"}


def test_a_repeated_line_comes_after_the_original(generated: Scenario) -> None:
    lines = files.complaints_ndjson(generated).splitlines()
    times = Counter(lines)
    assert sum(count - 1 for count in times.values()) == files.REPEATED_COMPLAINTS
    first: dict[str, bytes] = {}
    contradicted = 0
    for line in lines:
        try:
            body = json.loads(line)
        except ValueError:
            continue
        if "external_id" in body and line != first.setdefault(body["external_id"], line):
            contradicted += 1
            assert body["text"] == "【子虚短信】同一编号，另一内容"
    assert contradicted == 1


def test_a_provider_has_enough_shut_ports_for_a_listing_and_others_with_another_carrier(generated: Scenario) -> None:
    shut: dict[str, set[str]] = defaultdict(set)
    for each in generated.senders:
        if each.follows.startswith("order:") and each.truth == "declared":
            shut[each.provider_uscc].add(each.carrier)
    ports = Counter(each.provider_uscc for each in generated.senders if each.follows.startswith("order:"))
    silent = {(each.provider_uscc, each.carrier) for each in generated.filings} - {
        (each.provider_uscc, each.carrier) for each in generated.senders
    }
    assert any(ports[code] >= 4 and code in shut and carrier not in shut[code] for code, carrier in silent)
