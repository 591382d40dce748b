"""The conditions that must hold after a soak, checked in the databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import UUID

from anning.services import NAMES
from benchmarks.testbed import Testbed
from contracts.vocabulary import AttributionKind
from standalone.figures import Figures, summary

AGE_SECONDS = 2.0
"""The maximum p99 of the age of events at their publication."""
GROWTH = 1.15
"""The maximum ratio of the memory in the second half to that in the first: caches fill for some time."""
_NOT_CHECKED = ("read = ", "enquiries sent = ")
"""Equations that need not hold: the counts of files are not collected, and carriers still answer enquiries."""
_PORTS = [AttributionKind.DECLARED, AttributionKind.SUBLET_SUSPECTED, AttributionKind.UNREGISTERED]


@dataclass(frozen=True)
class Finding:
    """A condition, its observed value, and whether it holds."""

    what: str
    found: str
    met: bool

    def __str__(self) -> str:
        return f"{'✓' if self.met else '✗'} {self.what:<72} {self.found}"


def findings(testbed: Testbed, sent: set[str]) -> Iterator[Finding]:
    """Whether each accepted complaint (channel and id) exists exactly once wherever it must, and how long events
    waited."""
    stored = [name for (name,) in _rows(testbed, "complaints", "SELECT channel || ' ' || external_id FROM complaints")]
    yield _same("accepted complaints in complaints", sent, stored)
    ids = _ids(testbed, "complaints", "SELECT id FROM complaints")
    yield _same("complaints in the evidence of referrals", set(ids), _evidence(testbed, "referrals"))
    about_ports = _ids(testbed, "complaints", "SELECT id FROM complaints WHERE kind = ANY(%s)", _PORTS)
    yield _same("complaints about ports in the evidence of ports", set(about_ports), _evidence(testbed, "ports"))
    assessed = _ids(
        testbed,
        "complaints",
        "SELECT aggregateid::uuid FROM outbox WHERE type = 'complaint-assessed.v1' AND version = 1",
    )
    yield _same("complaints assessed in the outbox", set(ids), assessed)
    ordered = _rows(testbed, "ports", "SELECT carrier, number FROM orders WHERE state <> 'lifted'")
    yield _same("at most one order per port", set(ordered), ordered)
    for each in summary(Figures.fetch(testbed.staff, []), 0)["reconciled"]:
        if not each["equation"].startswith(_NOT_CHECKED):
            yield Finding(each["equation"], f"{each['left']:,} = {each['right']:,}", each["holds"])
    for service in NAMES:
        ((p99, most, events),) = _rows(testbed, service, _AGES)
        if events:
            found = f"{p99:.2f} s (longest {most:.1f} s, {events:,} events)"
            yield Finding(f"age in the outbox of {service}, p99 ≤ {AGE_SECONDS:g} s", found, p99 <= AGE_SECONDS)


_AGES = """
    SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY age), max(age), count(*)
    FROM (SELECT extract(epoch FROM published_at - created_at)::float8 AS age FROM outbox) ages
"""


def growth(sizes: Mapping[str, Sequence[tuple[float, float]]]) -> Iterator[Finding]:
    """Whether processes use more memory in the second half than in the first, by samples (seconds, MiB)."""
    for name, samples in sorted(sizes.items()):
        middle = samples[-1][0] / 2
        halves = [[mib for at, mib in samples if (at > middle) is second] for second in (False, True)]
        if all(halves):
            first, second = map(median, halves)
            found = f"{first:.0f} → {second:.0f} MiB (at most {max(mib for _, mib in samples):.0f})"
            yield Finding(f"memory of {name}, second half ≤ {GROWTH:g} of the first", found, second <= GROWTH * first)


def _same(what: str, expected: set[Any], found: Sequence[Any]) -> Finding:
    actual = set(found)
    lost, unexpected, duplicated = len(expected - actual), len(actual - expected), len(found) - len(actual)
    return Finding(
        what,
        f"{len(found):,} of {len(expected):,}; {lost} lost, {duplicated} duplicated, {unexpected} unexpected",
        not (lost or unexpected or duplicated),
    )


def _evidence(testbed: Testbed, service: str) -> list[UUID]:
    return _ids(testbed, service, "SELECT complaint_id FROM evidence")


def _ids(testbed: Testbed, service: str, statement: str, *parameters: object) -> list[UUID]:
    return [identifier for (identifier,) in _rows(testbed, service, statement, *parameters)]


def _rows(testbed: Testbed, service: str, statement: str, *parameters: object) -> list[Any]:
    return testbed.databases[service].execute(statement, parameters or None).fetchall()
