"""`bulk_intake`: from a file of complaints until each is assessed and what it was found to be is in the outbox."""

from __future__ import annotations

from benchmarks import load
from benchmarks.floor import Floor
from benchmarks.results import Result, patiently
from benchmarks.stage import PAUSE, Stage

LINES = 20_000
SEED = 100_000
"""Of the scenarios that are filed here: other people and numbers than anywhere else."""


def measure(stage: Stage) -> list[Result]:
    """Lines per second, parsing, encryption and assessment included, while no other service works; the floor is a COPY
    of the same rows. The end is what the last row of the outbox says, so it is not rounded up to when we look."""
    made = load.prepare(stage.directory / "bulk", None, LINES, SEED)
    stage.file_register(made)
    with stage.alone("complaints"):
        since = stage.now("complaints")
        file = stage.hand_in("complaints", "/complaint-imports", made.complaints, "application/x-ndjson")
        patiently(lambda: stage.imported("complaints", file) and stage.assessed, pause=PAUSE)
        row = stage.databases["complaints"].execute("SELECT max(created_at) FROM outbox").fetchone()
        assert row is not None
        seconds = (row[0] - since).total_seconds()
        counts = stage.imported("complaints", file)
        assert counts is not None
        with Floor(stage, since) as floor:
            least = floor.intake()
    stage.settle()
    return [Result.against("bulk_intake", counts["accepted"] / seconds, "lines/s", least)]
