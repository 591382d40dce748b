"""The parts of the benchmarks: figures are compared with their targets, and input data is valid."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

import pytest

from benchmarks import load, results, soak, soak_checks
from benchmarks.credit_codes import credit_codes
from benchmarks.results import Result, Stalled, wait_until
from contracts.credit_codes import CreditCode
from contracts.numbers import SenderNumber
from standalone.processes import ProcessFailed

CAP = 20
"""The rule assessment.cap: the count of complaints of one person in 30 days that count."""


@pytest.mark.parametrize(
    ("result", "met"),
    [
        (Result.against("relay", 70, "events/s", 100), True),
        (Result.against("relay", 69, "events/s", 100), False),
        (Result.against("chain", 2_000, "complaints/s", 9_000), True),
        (Result.against("chain", 1_999, "complaints/s", 1_000), False),
        (Result.alone("pss_mib_max", 200, "MiB"), True),
        (Result.alone("pss_mib_max", 201, "MiB"), False),
        (Result.alone("growth", 0.84, "share"), False),
    ],
)
def test_a_figure_shows_whether_it_meets_its_target(result: Result, met: bool) -> None:
    assert result.met is met
    assert ("✓" in str(result)) is met


def test_the_results_file_has_the_target_of_each_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "OUT", tmp_path / "out" / "results.json")
    results.write([Result.against("relay", 80, "events/s", 100)])
    (written,) = json.loads(results.OUT.read_text(encoding="utf-8"))
    assert written == {
        "name": "relay",
        "value": 80,
        "unit": "events/s",
        "floor": 100,
        "ratio": 0.8,
        "target": "ratio ≥ 0.7",
        "met": True,
        "failure": None,
    }


def test_a_failed_stage_is_a_row_with_its_failure_and_the_other_stages_continue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "OUT", tmp_path / "out" / "results.json")
    written: list[list[str]] = []
    recovered: list[str] = []

    def fail() -> list[Result]:
        raise Stalled("no progress for 120 s: ports 7")

    def succeed() -> list[Result]:
        # The results of the earlier stages are in the file already.
        written.append([each["name"] for each in json.loads(results.OUT.read_text(encoding="utf-8"))])
        return [Result.against("relay", 80, "events/s", 100)]

    def recover() -> None:
        recovered.append("system")
        raise RuntimeError("still broken")

    stages = {("filing", "filing_pss_mib_max"): fail, ("relay",): succeed}
    found = results.run(stages, recover)

    failed = [("filing", "Stalled: no progress for 120 s: ports 7"), ("filing_pss_mib_max", found[0].failure)]
    assert [(each.name, each.failure) for each in found] == [*failed, ("relay", None)]
    assert not found[0].met
    assert "✗ filing" in str(found[0])
    assert "no progress for 120 s: ports 7" in str(found[0])
    assert written == [["filing", "filing_pss_mib_max"]]
    assert recovered == ["system"]
    stored = json.loads(results.OUT.read_text(encoding="utf-8"))
    assert [(each["name"], each["value"]) for each in stored] == [
        ("filing", None),
        ("filing_pss_mib_max", None),
        ("relay", 80),
    ]


def test_a_measurement_waits_as_long_as_there_is_progress() -> None:
    calls = count()
    wait_until(lambda: next(calls) > 40, lambda: next(calls), pause=0.01, seconds=0.1)
    with pytest.raises(Stalled, match="no progress for 0 s: 7"):
        wait_until(lambda: False, lambda: 7, pause=0.01, seconds=0.1)


def test_a_wait_ends_with_the_failure_of_a_process() -> None:
    def progress() -> int:
        raise ProcessFailed("ports worker ended with 1")

    with pytest.raises(ProcessFailed, match="ports worker ended"):
        wait_until(lambda: False, progress, pause=0.01, seconds=0.1)


def test_generated_credit_codes_are_valid_and_unique() -> None:
    codes = list(credit_codes(2_000))
    assert len(set(codes)) == 2_000
    assert [CreditCode.parse(each).value for each in codes] == codes


def test_few_complaints_exceed_the_cap_per_person() -> None:
    batches = load.scenarios(datetime(2026, 11, 26, tzinfo=UTC), 1)
    complaints = Counter(line["complainant_number"] for _, lines in islice(batches, 5) for line in lines)
    assert sum(max(0, each - CAP) for each in complaints.values()) < 0.01 * complaints.total()


def test_single_complaints_are_from_distinct_people() -> None:
    assert len({load.complaint("10690666")["complainant_number"] for _ in range(100)}) == 100


def test_a_soak_gives_each_scenario_other_numbers_and_people() -> None:
    (first_ports, first), (ports, second) = (next(made) for made in [soak.scenarios()] for _ in range(2))
    for field in ("external_id", "complainant_number"):
        assert {each[field] for each in first}.isdisjoint(each[field] for each in second)
    assert {each["number"] for each in first_ports}.isdisjoint(each["number"] for each in ports)
    filed = {each["number"] for each in ports}
    assert any(each["sender_number"] in filed for each in second)
    assert all(SenderNumber.parse(each["sender_number"]) for each in second)


def test_growing_memory_is_detected() -> None:
    steady = [(float(at), 100.0) for at in range(100)]
    growing = [(float(at), 100.0 + at) for at in range(100)]
    found = {
        each.what.split()[2].rstrip(","): each.met
        for each in soak_checks.growth({"steady": steady, "growing": growing})
    }
    assert found == {"steady": True, "growing": False}
