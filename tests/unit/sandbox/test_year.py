"""A year has the totals and shares of the bulletins, in the four quarters before its time, generated from a seed."""

from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chassis.calendar import quarter_of
from contracts.carriers import CARRIERS
from contracts.industries import INDUSTRIES
from sandbox import scenario
from sandbox.scenario import cast, figures, files, messages, year
from sandbox.scenario.cast import SenderCase
from sandbox.scenario.records import ComplaintRecord, Scenario

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
QUARTERS = ["2025Q4", "2026Q1", "2026Q2", "2026Q3"]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module", params=[0.01, 0.04])
def scale(request: pytest.FixtureRequest) -> float:
    return float(request.param)


@pytest.fixture(scope="module")
def generated(scale: float) -> Scenario:
    return year.generate(NOW, 1, scale)


@pytest.fixture(scope="module")
def by_quarter(generated: Scenario) -> dict[str, list[ComplaintRecord]]:
    found: dict[str, list[ComplaintRecord]] = defaultdict(list)
    for each in generated.complaints:
        found[quarter_of(datetime.fromisoformat(each.received_at))].append(each)
    return found


def _figures_of(quarter: str) -> figures.Quarter:
    return figures.load().quarters[quarter[4:]]


def _in_proportion(found: Counter[str], shares: dict[str, float], whole: float) -> bool:
    """Whether each count is its share of `whole` complaints, except for rounding. `shares` may add up to less than
    100."""
    total = sum(shares.values())
    return all(abs(found[name] - whole * share / total) <= 1 for name, share in shares.items())


def test_a_year_is_the_four_quarters_up_to_the_last_complete_one(by_quarter: dict[str, list[ComplaintRecord]]) -> None:
    assert year.quarters_before(NOW) == QUARTERS == list(by_quarter)
    assert year.quarters_before(datetime(2026, 1, 1, 0, 30, tzinfo=UTC)) == ["2025Q1", "2025Q2", "2025Q3", "2025Q4"]
    # Quarters are of legal time, which is eight hours ahead of UTC.
    assert year.quarters_before(datetime(2026, 3, 31, 16, tzinfo=UTC))[-1] == "2026Q1"


def test_totals_are_the_published_ones_times_the_scale(
    by_quarter: dict[str, list[ComplaintRecord]], scale: float
) -> None:
    for quarter, complaints in by_quarter.items():
        assert len(complaints) == round(_figures_of(quarter).total.complaints * scale)


def test_categories_segments_and_industries_have_the_published_shares(
    generated: Scenario, by_quarter: dict[str, list[ComplaintRecord]]
) -> None:
    classifications = {each.external_id: each for each in generated.classifications}
    for quarter, complaints in by_quarter.items():
        published = _figures_of(quarter)
        categories = Counter(classifications[each.external_id].category for each in complaints)
        segments = Counter("p2p" if each.sender_number.startswith("154") else "port" for each in complaints)
        assert _in_proportion(categories, published.categories.shares, len(complaints))
        assert _in_proportion(segments, published.segments.shares, len(complaints))
        commercial = [classifications[each.external_id] for each in complaints]
        industries = Counter(each.industry for each in commercial if each.category == "commercial")
        base = len(complaints) if published.industries.of == "all" else industries.total()
        for industry, share in published.industries.shares.items():
            assert abs(industries[industry] - base * share / 100) <= 1, (quarter, industry)
        others = Counter({name: industries[name] for name in industries if name not in published.industries.shares})
        assert _in_proportion(others, published.others.shares, others.total())


def test_carriers_have_the_published_shares_of_complaints_about_ports(
    generated: Scenario, by_quarter: dict[str, list[ComplaintRecord]]
) -> None:
    carriers = {each.number: each.carrier for each in generated.senders}
    for quarter, complaints in by_quarter.items():
        found = Counter(carriers[each.sender_number] for each in complaints)
        found.pop("", None)
        assert set(found) <= set(CARRIERS)
        assert _in_proportion(found, _figures_of(quarter).carriers.shares, found.total())


def test_suspected_crimes_come_from_mobiles_first(generated: Scenario) -> None:
    crimes = {each.external_id for each in generated.classifications if each.category == "suspected-crime"}
    mobile = [each.sender_number.startswith("154") for each in generated.complaints if each.external_id in crimes]
    assert sum(mobile) / len(mobile) == pytest.approx(figures.load().estimates.crime_by_mobile / 100, abs=0.01)


def test_a_year_has_many_more_enterprises_than_the_cast_and_they_return(generated: Scenario) -> None:
    providers = Counter(each.provider_uscc for each in generated.senders if each.provider_uscc)
    quarters: dict[str, set[str]] = defaultdict(set)
    received = {each.sender_number: each.received_at for each in generated.complaints}
    for each in generated.senders:
        quarters[each.provider_uscc].add(quarter_of(datetime.fromisoformat(received[each.number])))
    assert len({each.provider_uscc for each in generated.filings}) > 2 * len(cast.load().providers)
    assert any(len(each) >= 3 for code, each in quarters.items() if code)
    assert providers.most_common(1)[0][1] >= 5


def test_numbers_are_declared_sublet_or_unregistered_and_every_outcome_occurs(generated: Scenario) -> None:
    kinds = messages.load().kinds
    truths = Counter(
        each.truth
        for each in generated.senders
        if each.case is not SenderCase.MOBILE and each.complaints >= 5 and kinds[each.kind].category == "commercial"
    )
    for kind, share in figures.load().estimates.ports.items():
        assert truths[kind] / truths.total() == pytest.approx(share / 100, abs=0.08), truths
    assert {each.follows for each in generated.senders} == {
        *("order:commercial", "order:suspected-crime", "order:sublet", "enquiry", "nothing")
    }
    owned = [bool(each.owner) for each in generated.senders if each.truth == "unregistered"]
    assert 0 < sum(owned) < len(owned)


def test_the_same_seed_gives_the_same_year_also_later_in_the_quarter() -> None:
    one, two = year.generate(NOW, 3), year.generate(NOW + timedelta(days=20), 3)
    assert (one.complaints, one.filings, one.senders) == (two.complaints, two.filings, two.senders)
    assert files.complaints_ndjson(one) == files.complaints_ndjson(year.generate(NOW, 3))


def test_another_seed_gives_another_year() -> None:
    one, two = year.generate(NOW, 1), year.generate(NOW, 2)
    assert len(one.complaints) == len(two.complaints)
    assert {each.number for each in one.senders} != {each.number for each in two.senders}
    assert {each.text for each in one.complaints} != {each.text for each in two.complaints}


def test_the_small_scenario_and_a_year_share_no_number_no_access_code_and_no_enterprise(generated: Scenario) -> None:
    small = scenario.generate(NOW)
    codes = tuple(each.code for each in cast.load().access_codes)
    assert {each.number for each in small.filings}.isdisjoint(each.number for each in generated.filings)
    assert not any(each.number.startswith(codes) for each in generated.filings)
    enterprises = [
        {code for each in one.filings for code in (each.holder_uscc, each.provider_uscc)} for one in (small, generated)
    ]
    assert enterprises[0].isdisjoint(enterprises[1])
    assert {each.external_id for each in small.complaints}.isdisjoint(each.external_id for each in generated.complaints)


@pytest.mark.parametrize("scale", [0, -0.01, 1.5])
def test_a_scale_outside_zero_to_one_is_rejected(scale: float) -> None:
    with pytest.raises(ValueError, match="a scale is"):
        year.generate(NOW, 1, scale)


def test_a_very_small_scale_has_the_right_total() -> None:
    generated = year.generate(NOW, 1, 0.0002)
    assert len(generated.complaints) == sum(
        round(each.total.complaints * 0.0002) for each in figures.load().quarters.values()
    )


def test_published_figures_have_a_period_and_estimates_have_none() -> None:
    quarters = figures.load().quarters
    assert list(quarters) == ["Q1", "Q2", "Q3", "Q4"]
    assert (quarters["Q1"].total.complaints, quarters["Q2"].total.complaints) == (50_000, 90_000)
    assert {each.total.mark for each in (quarters["Q1"], quarters["Q2"])} == {"R"}
    assert {each.total.mark for each in (quarters["Q3"], quarters["Q4"])} == {"D"}
    assert quarters["Q2"].carriers.shares == {"CMCC": 67.6, "CUCC": 12.5, "CTCC": 9.7, "CBN": 2.8}
    with pytest.raises(ValueError, match="has a period"):
        figures.Shares(period="none", mark="R", shares={"port": 60})
    with pytest.raises(ValueError, match="has a period"):
        figures.Shares(period="2023Q2", mark="D", shares={"port": 60})


def test_every_industry_has_several_messages() -> None:
    templates: Counter[str] = Counter()
    for each in messages.load().kinds.values():
        if each.category == "commercial":
            templates[each.industry] += len(each.templates)
    assert set(templates) == set(INDUSTRIES) - {"crime", "unknown"}
    assert min(templates.values()) >= 4


@pytest.mark.parametrize(
    ("total", "shares", "parts"),
    [
        (10, {"a": 60, "b": 40}, {"a": 6, "b": 4}),
        (10, {"a": 1, "b": 1, "c": 1}, {"a": 4, "b": 3, "c": 3}),
        (1, {"a": 1, "b": 9}, {"a": 0, "b": 1}),
        (0, {"a": 1, "b": 9}, {"a": 0, "b": 0}),
        (7, {"a": 67.6, "b": 12.5, "c": 9.7, "d": 2.8}, {"a": 5, "b": 1, "c": 1, "d": 0}),
    ],
)
def test_parts_add_up_to_the_total(total: int, shares: dict[str, float], parts: dict[str, int]) -> None:
    assert figures.apportioned(total, shares) == parts


def test_a_large_file_is_compressed_and_replaces_the_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_BIG_BYTES", 300_000)
    small, big = year.generate(NOW, 1, 0.001), year.generate(NOW, 1, 0.005)
    scenario.write(small, tmp_path)
    assert (tmp_path / "complaints.ndjson").exists()
    scenario.write(big, tmp_path)
    assert not (tmp_path / "complaints.ndjson").exists()
    packed = (tmp_path / "complaints.ndjson.gz").read_bytes()
    assert gzip.decompress(packed) == files.complaints_ndjson(big)
    scenario.write(small, tmp_path)
    assert not (tmp_path / "complaints.ndjson.gz").exists()


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox.scenario", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_command_writes_both_scenarios(tmp_path: Path) -> None:
    assert _command(str(tmp_path / "small"), "7").returncode == 0
    assert _command("year", str(tmp_path / "year"), "7", "0.002").returncode == 0
    names = {"ports.csv", "complaints.ndjson", "answers_numbers.csv", "answers_complaints.csv", "book.csv"}
    for kind, prefix in (("small", "S7-"), ("year", "Y7-")):
        assert {each.name for each in (tmp_path / kind).iterdir()} == names
        answers = (tmp_path / kind / "answers_complaints.csv").read_text()
        assert all(row["external_id"].startswith(prefix) for row in csv.DictReader(io.StringIO(answers)))


@pytest.mark.parametrize("arguments", [(), ("year",), ("year", "there", "1", "0.1", "more"), ("there", "1", "0.1")])
def test_wrong_arguments_print_the_usage(arguments: tuple[str, ...]) -> None:
    ended = _command(*arguments)
    assert (ended.returncode, ended.stderr[:6]) == (1, "usage:")
