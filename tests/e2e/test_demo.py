"""The demonstration, run as a user runs it: its output, its summary file, and that nothing is left afterwards."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chassis import clock
from contracts.numbers import SenderNumber
from sandbox import scenario
from sandbox.scenario import files
from sandbox.scenario.cast import SenderCase
from standalone.system import ROOT
from tests.e2e.commands import PATIENCE_SECONDS, bare, left_running

pytestmark = pytest.mark.timeout(900)

MINIMUM_ACCURACY = 0.98
"""The minimum share of correct attributions."""


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any], Path]:
    """The output of the demonstration, its figures, and the folder in which it ran."""
    folder = tmp_path_factory.mktemp("demo")
    summary = tmp_path_factory.mktemp("summary") / "summary.json"
    done = subprocess.run(
        [sys.executable, "-m", "anning", "demo", "--summary", str(summary)],
        env=bare(folder),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads(summary.read_text()), folder


def test_the_demonstration_leaves_no_process_and_no_file(demonstration: tuple[str, dict[str, Any], Path]) -> None:
    _, _, folder = demonstration
    assert left_running(folder) == []
    assert list(folder.iterdir()) == []


def test_the_figures_are_consistent(demonstration: tuple[str, dict[str, Any], Path]) -> None:
    _, figures, _ = demonstration
    assert len(figures["reconciled"]) >= 10
    assert [each for each in figures["reconciled"] if not each["holds"] or each["left"] != each["right"]] == []
    assert figures["read"] == figures["rejected"] + figures["duplicates"] + figures["filed"]
    assert figures["filed"] == figures["assessed"] == sum(figures["attribution"].values())
    assert min(figures["orders"]["executed"], figures["enquiries"]["answered"]) > 0
    assert figures["filed"] - figures["not_spam"] == figures["in_clues"] + figures["set_aside"]
    clues = figures["clues"]
    # The number of returned and overdue clues is random; in one of twelve runs no clue is returned.
    assert clues["opened"] >= clues["referred"] >= clues["received"] >= clues["concluded"] > clues["returned"]
    assert clues["referred"] >= clues["overdue"]
    assert figures["ordered_by_listing"] >= figures["shut_by_listing"]
    assert min(figures["listings"], figures["ordered_by_listing"]) > 0
    assert figures["refused_filings"] == 1


def test_the_figures_match_the_scenario(demonstration: tuple[str, dict[str, Any], Path]) -> None:
    _, figures, _ = demonstration
    # The generated complaints are the same in every run, except for their times.
    expected = scenario.generate(clock.now())
    assert figures["filed"] == len(expected.complaints) + 1  # one more line, whose complaint has no external id
    assert (figures["rejected"], figures["duplicates"]) == (files.BAD_COMPLAINTS, files.REPEATED_COMPLAINTS)
    truth: Counter[str] = Counter()
    for sender in expected.senders:
        # Attribution uses the register at the time of the message, when the number was not yet filed.
        kind = "unregistered" if sender.case is SenderCase.DECLARED_LATE else sender.truth
        truth[kind.removesuffix("-suspected")] += sender.complaints
    correct = sum((truth & Counter(figures["attribution"])).values())
    assert correct >= MINIMUM_ACCURACY * len(expected.complaints), (truth, figures["attribution"])
    not_spam = sum(meaning.category == "not-spam" for meaning in expected.classifications)
    assert abs(figures["not_spam"] - not_spam) <= 0.01 * len(expected.complaints)
    must_follow = [sender for sender in expected.senders if sender.follows.startswith("order:")]
    # An order follows when a carrier claims the number; whether the owner or the planned carrier does is random.
    may_follow = [
        sender
        for sender in expected.senders
        if sender.follows == "enquiry" and (sender.owner or SenderNumber.parse(sender.number).carriers)
    ]
    for_complaints = figures["orders"]["ordered"] - figures["ordered_by_listing"]
    assert len(must_follow) <= for_complaints <= len(must_follow) + len(may_follow)


def test_the_story_runs_from_the_first_complaint_to_a_refused_filing_with_another_carrier(
    demonstration: tuple[str, dict[str, Any], Path],
) -> None:
    output, _, _ = demonstration
    story = output[output.index("The story of") :]
    steps = [
        *("first complaint filed", "assessed: ", "clue opened on ", "referred to ", ", which quoted the digest"),
        *(" concluded: fined", "proposed for the adverse list", "listed until ", " for the same provider: refused"),
    ]
    assert _positions(story, steps) == sorted(_positions(story, steps))
    # Meanwhile the port was shut.
    order = [" ordered to shut ", "acknowledged by ", "executed, evidence: ", "listed until "]
    assert _positions(story, order) == sorted(_positions(story, order))
    ordered_from = re.search(r"(\w+) ordered to shut", story)
    refused_at = re.search(r"(\w+) files \d+ for the same provider: refused", story)
    assert ordered_from
    assert refused_at
    assert ordered_from[1] != refused_at[1]
    hops = len(re.findall(r"because: \S", story))
    assert hops >= len(steps) + len(order) - 1
    assert len(re.findall(r"\+\d+\.\d{3} s", story)) == hops - 1
    for resource in ("complaints", "orders", "clues", "batches", "entries", "filings"):
        assert re.search(rf"http://127\.0\.0\.1:\d+/v1/{resource}/[0-9a-f-]{{36}}", story), resource
    # The system is stopped: its descriptions are found with `make up`.
    assert "/docs" not in story
    assert "make up DEMO=1" in story


def _positions(story: str, steps: Sequence[str]) -> list[int]:
    return [story.index(step) for step in steps]
