"""What the measurements stand on: figures know what they must come to, and what goes in is fit."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from benchmarks import load, results, settled, soak
from benchmarks.credit_codes import credit_codes
from benchmarks.results import Result
from contracts.credit_codes import CreditCode
from contracts.numbers import SenderNumber

CAP = 20
"""The rule assessment.cap: of one person's complaints in 30 days so many count."""


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
def test_a_figure_says_whether_it_came_to_its_reach(result: Result, met: bool) -> None:
    assert result.met is met
    assert ("✓" in str(result)) is met


def test_the_file_says_of_each_figure_what_it_is_held_against(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "OUT", tmp_path / "out" / "results.json")
    results.write([Result.against("relay", 80, "events/s", 100)])
    (written,) = json.loads(results.OUT.read_text(encoding="utf-8"))
    assert written == {
        "name": "relay",
        "value": 80,
        "unit": "events/s",
        "floor": 100,
        "ratio": 0.8,
        "reach": "ratio ≥ 0.7",
        "met": True,
    }


def test_made_up_credit_codes_are_well_formed_and_different() -> None:
    codes = list(credit_codes(2_000))
    assert len(set(codes)) == 2_000
    assert [CreditCode.parse(each).value for each in codes] == codes


def test_hardly_anybody_complains_more_often_than_counts() -> None:
    crowds = load.scenarios(datetime(2026, 11, 26, tzinfo=UTC), 1)
    often = Counter(line["complainant_number"] for _, said in islice(crowds, 5) for line in said)
    assert sum(max(0, each - CAP) for each in often.values()) < 0.01 * often.total()


def test_whoever_complains_singly_never_complained_before() -> None:
    assert len({load.complaint("10690666")["complainant_number"] for _ in range(100)}) == 100


def test_a_soak_moves_each_scenario_to_other_numbers_and_people() -> None:
    (first_ports, first), (ports, second) = (next(made) for made in [soak.crowds()] for _ in range(2))
    for field in ("external_id", "complainant_number"):
        assert {each[field] for each in first}.isdisjoint(each[field] for each in second)
    assert {each["number"] for each in first_ports}.isdisjoint(each["number"] for each in ports)
    filed = {each["number"] for each in ports}
    assert any(each["sender_number"] in filed for each in second)
    assert all(SenderNumber.parse(each["sender_number"]) for each in second)


def test_memory_that_grows_is_seen() -> None:
    steady = [(float(at), 100.0) for at in range(100)]
    growing = [(float(at), 100.0 + at) for at in range(100)]
    found = {
        each.what.split()[2].rstrip(","): each.met for each in settled.growth({"steady": steady, "growing": growing})
    }
    assert found == {"steady": True, "growing": False}
