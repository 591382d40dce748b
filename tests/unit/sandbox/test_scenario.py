"""The scenario: made from a seed, in the past of its time, with all that the platform has to tell apart."""

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
from sandbox.scenario.cast import Case
from sandbox.scenario.records import Complaint, Scenario

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
WINDOW = timedelta(days=10)
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module", params=SEEDS)
def made(request: pytest.FixtureRequest) -> Scenario:
    return scenario.generate(NOW, request.param)


@pytest.fixture(scope="module")
def by_number(made: Scenario) -> dict[str, list[Complaint]]:
    found: dict[str, list[Complaint]] = defaultdict(list)
    for each in made.complaints:
        found[each.sender_number].append(each)
    return found


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def _vouched(complaints: list[Complaint]) -> list[Complaint]:
    return [each for each in complaints if CHANNELS[each.channel].vouched]


def _most_in_a_window(complaints: list[Complaint]) -> int:
    """How many different people's messages were sent within any ten days."""
    sent = [(datetime.fromisoformat(each.sent_at), each.complainant_number) for each in complaints]
    return max((len({who for at, who in sent if begin <= at <= begin + WINDOW}) for begin, _ in sent), default=0)


def test_the_same_seed_and_time_give_the_same_files(made: Scenario) -> None:
    again = scenario.generate(NOW, int(made.complaints[0].external_id[1]))
    assert files.complaints_ndjson(again) == files.complaints_ndjson(made)
    assert files.ports_csv(again) == files.ports_csv(made)


def test_another_seed_gives_others() -> None:
    one, two = (scenario.generate(NOW, seed) for seed in (1, 2))
    assert {each.number for each in one.senders} != {each.number for each in two.senders}


def test_another_time_gives_other_complaints_about_the_same_numbers() -> None:
    one, two = scenario.generate(NOW), scenario.generate(NOW + timedelta(days=3))
    assert [each.number for each in one.senders] == [each.number for each in two.senders]
    assert {each.external_id for each in one.complaints}.isdisjoint(each.external_id for each in two.complaints)


def test_it_is_small_and_has_every_case(made: Scenario) -> None:
    assert 50 <= len(made.filings) <= 70
    assert 520 <= len(made.complaints) <= 680
    assert {each.case for each in made.senders} == set(Case) - {Case.SILENT}
    assert {each.truth for each in made.senders} == {*AttributionKind, "declared-late"}
    assert {each.follows for each in made.senders} == {
        *("order:commercial", "order:suspected-crime", "order:sublet", "enquiry", "nothing")
    }


def test_messages_of_every_kind_occur(made: Scenario) -> None:
    meanings = Counter(each.kind for each in made.meanings)
    assert set(meanings) == set(messages.load().kinds)
    assert {each.category for each in made.meanings} == set(Category)
    assert {each.industry for each in made.meanings} <= set(INDUSTRIES)


def test_what_must_not_be_shut_never_reaches_the_lowest_bar_of_its_kind(
    made: Scenario, by_number: dict[str, list[Complaint]]
) -> None:
    kept = {Case.QUIET, Case.ONE_COMPLAINANT, Case.UNVOUCHED, Case.SPREAD}
    categories = {each.external_id: each.category for each in made.meanings}
    for each in made.senders:
        if each.case in kept:
            assert _most_in_a_window(_vouched(by_number[each.number])) < 5
            assert {categories[one.external_id] for one in by_number[each.number]} == {"commercial"}
        if each.case is Case.NOTIFIES:
            assert {categories[one.external_id] for one in by_number[each.number]} == {"not-spam"}


def test_unregistered_numbers_stand_on_access_codes_known_planned_and_unknown(made: Scenario) -> None:
    shown = {SenderNumber.parse(each.number).base for each in made.filings}
    unregistered = [SenderNumber.parse(each.number) for each in made.senders if each.truth == "unregistered"]
    assert any(each.base in shown for each in unregistered)
    assert any(each.base not in shown and each.carriers for each in unregistered)
    assert any(each.base not in shown and not each.carriers for each in unregistered)


def test_signatures_are_spelled_in_many_ways(made: Scenario) -> None:
    spelled = {re.sub(r"[^【】\[\]〔〕 ]|(?<=.)官方", "", each.text)[:2] for each in made.complaints}
    assert len(spelled) >= 4
    assert any(each.text.endswith("】") for each in made.complaints)


def test_the_files_hold_it_all_and_a_few_lines_that_are_wrong(made: Scenario, tmp_path: Path) -> None:
    scenario.write(made, tmp_path / "files")
    written = {each.name: each.read_bytes() for each in (tmp_path / "files").iterdir()}
    assert set(written) == {
        *("ports.csv", "complaints.ndjson", "answers_numbers.csv", "answers_complaints.csv", "book.csv")
    }
    ports = _rows(written["ports.csv"])
    assert len(ports) == len(made.filings) + files.BAD_FILINGS + files.REPEATED_FILINGS
    lines = written["complaints.ndjson"].splitlines()
    assert len(lines) == len(made.complaints) + 1 + files.BAD_COMPLAINTS + files.REPEATED_COMPLAINTS
    assert len(_rows(written["answers_complaints.csv"])) == len(made.complaints)
    assert len(_rows(written["answers_numbers.csv"])) == len(made.senders)
    assert {row["carrier"] for row in _rows(written["book.csv"])} > {"", "CMCC"}


def test_what_is_repeated_comes_after_what_it_repeats(made: Scenario) -> None:
    lines = files.complaints_ndjson(made).splitlines()
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


def test_somebody_could_be_listed_for_the_ports_that_are_shut_and_has_others_at_another_carrier(made: Scenario) -> None:
    shut: dict[str, set[str]] = defaultdict(set)
    for each in made.senders:
        if each.follows.startswith("order:") and each.truth == "declared":
            shut[each.provider_uscc].add(each.carrier)
    ports = Counter(each.provider_uscc for each in made.senders if each.follows.startswith("order:"))
    silent = {(each.provider_uscc, each.carrier) for each in made.filings} - {
        (each.provider_uscc, each.carrier) for each in made.senders
    }
    assert any(ports[code] >= 4 and code in shut and carrier not in shut[code] for code, carrier in silent)
