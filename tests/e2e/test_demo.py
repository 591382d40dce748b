"""What a person sees who tries it: the demonstration to its end."""

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

from anning.services import NAMES
from chassis import clock
from contracts.numbers import SenderNumber
from sandbox import scenario
from sandbox.scenario import files
from sandbox.scenario.cast import Case
from standalone.system import ROOT
from tests.e2e.commands import PATIENCE_SECONDS, bare, left_running

pytestmark = pytest.mark.timeout(900)

RIGHT = 0.98
"""The share of attributions that must be those of the truth."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any], Path]:
    """What the demonstration said, the figures that it wrote, and the folder in which it was at work."""
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


def test_the_demonstration_leaves_nothing_running_and_no_file(told: tuple[str, dict[str, Any], Path]) -> None:
    _, _, folder = told
    assert left_running(folder) == []
    assert list(folder.iterdir()) == []


def test_every_figure_agrees_with_every_other(told: tuple[str, dict[str, Any], Path]) -> None:
    _, figures, _ = told
    assert len(figures["reconciled"]) >= 10
    assert [each for each in figures["reconciled"] if not each["holds"] or each["left"] != each["right"]] == []
    assert figures["read"] == figures["rejected"] + figures["duplicates"] + figures["filed"]
    assert figures["filed"] == figures["assessed"] == sum(figures["attribution"].values())
    assert min(figures["orders"]["executed"], figures["enquiries"]["answered"]) > 0
    assert figures["filed"] - figures["not_spam"] == figures["in_clues"] + figures["set_aside"]
    clues = figures["clues"]
    # How many are returned or late is chance; one in twelve demonstrations has none that is returned.
    assert clues["opened"] >= clues["referred"] >= clues["received"] >= clues["concluded"] > clues["returned"]
    assert clues["referred"] >= clues["overdue"]
    assert figures["ordered_by_listing"] >= figures["shut_by_listing"]
    assert min(figures["listings"], figures["ordered_by_listing"]) > 0
    assert figures["refused_filings"] == 1


def test_the_figures_are_those_of_the_truth(told: tuple[str, dict[str, Any], Path]) -> None:
    _, figures, _ = told
    # The same people complain of the same numbers whenever it is played.
    played = scenario.generate(clock.now())
    assert figures["filed"] == len(played.complaints) + 1  # one without an id of its own
    assert (figures["rejected"], figures["duplicates"]) == (files.BAD_COMPLAINTS, files.REPEATED_COMPLAINTS)
    truth: Counter[str] = Counter()
    for sender in played.senders:
        # Judged by the register of the time at which a message was sent: nobody had filed the number yet.
        kind = "unregistered" if sender.case is Case.DECLARED_LATE else sender.truth
        truth[kind.removesuffix("-suspected")] += sender.complaints
    right = sum((truth & Counter(figures["attribution"])).values())
    assert right >= RIGHT * len(played.complaints), (truth, figures["attribution"])
    not_spam = sum(meaning.category == "not-spam" for meaning in played.meanings)
    assert abs(figures["not_spam"] - not_spam) <= 0.01 * len(played.complaints)
    must_follow = [sender for sender in played.senders if sender.follows.startswith("order:")]
    # Its carrier owns to it, or the one that the plan names says nothing, which is chance.
    may_follow = [
        sender
        for sender in played.senders
        if sender.follows == "enquiry" and (sender.owner or SenderNumber.parse(sender.number).carriers)
    ]
    for_complaints = figures["orders"]["ordered"] - figures["ordered_by_listing"]
    assert len(must_follow) <= for_complaints <= len(must_follow) + len(may_follow)


def test_the_story_goes_from_the_first_complaint_to_the_filing_that_is_refused_elsewhere(
    told: tuple[str, dict[str, Any], Path],
) -> None:
    said, _, _ = told
    story = said[said.index("The story of") :]
    steps = [
        *("first complaint filed", "assessed: ", "clue opened on ", "referred to ", ", which quoted the digest"),
        *(" concluded: fined", "proposed for the adverse list", "listed until ", " for the same provider: refused"),
    ]
    assert _places(story, steps) == sorted(_places(story, steps))
    # Meanwhile its port was shut.
    order = [" ordered to shut ", "acknowledged by ", "executed, evidence: ", "listed until "]
    assert _places(story, order) == sorted(_places(story, order))
    ordered_from = re.search(r"(\w+) ordered to shut", story)
    refused_at = re.search(r"(\w+) files \d+ for the same provider: refused", story)
    assert ordered_from
    assert refused_at
    assert ordered_from[1] != refused_at[1]
    hops = len(re.findall(r"because: \S", story))
    assert hops >= len(steps) + len(order) - 1
    assert len(re.findall(r"\+\d+\.\d{3} s", story)) == hops - 1
    for resource in ("complaints", "orders", "clues", "batches", "entries", "filings"):
        assert re.search(rf"http://127\.0\.0\.1:\d+/{resource}/[0-9a-f-]{{36}}", story), resource
    assert len(re.findall(r"http://127\.0\.0\.1:\d+/docs", story)) == len(NAMES)


def _places(story: str, steps: Sequence[str]) -> list[int]:
    return [story.index(step) for step in steps]
