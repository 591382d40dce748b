"""What must hold after a soak, asked of the databases themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import UUID

from anning.services import NAMES
from benchmarks.stage import Stage
from contracts.vocabulary import AttributionKind
from standalone.figures import Figures, summary

AGE_SECONDS = 2.0
"""How old an event may be, 99 times of 100, when it leaves the outbox."""
GROWTH = 1.15
"""How much more a process may hold in the second half than in the first: it grows with its caches for a while."""
_NOT_YET = ("read = ", "enquiries sent = ")
"""Equations that need not hold: files are not asked about, and carriers still answer."""
_PORTS = [AttributionKind.DECLARED, AttributionKind.SUBLET_SUSPECTED, AttributionKind.UNREGISTERED]


@dataclass(frozen=True)
class Finding:
    """Something that must hold, what was found of it, and whether it holds."""

    what: str
    found: str
    met: bool

    def __str__(self) -> str:
        return f"{'✓' if self.met else '✗'} {self.what:<72} {self.found}"


def findings(stage: Stage, sent: set[str]) -> Iterator[Finding]:
    """Whether each complaint that was accepted (channel and id) is exactly once where it must be, and how long events
    waited."""
    stored = [name for (name,) in _rows(stage, "complaints", "SELECT channel || ' ' || external_id FROM complaints")]
    yield _same("accepted complaints in complaints", sent, stored)
    ids = _ids(stage, "complaints", "SELECT id FROM complaints")
    yield _same("complaints in the evidence of referrals", set(ids), _evidence(stage, "referrals"))
    about_ports = _ids(stage, "complaints", "SELECT id FROM complaints WHERE kind = ANY(%s)", _PORTS)
    yield _same("complaints about ports in the evidence of ports", set(about_ports), _evidence(stage, "ports"))
    assessed = _ids(
        stage, "complaints", "SELECT aggregateid::uuid FROM outbox WHERE type = 'complaint-assessed.v1' AND version = 1"
    )
    yield _same("complaints assessed in the outbox", set(ids), assessed)
    ordered = _rows(stage, "ports", "SELECT carrier, number FROM orders WHERE state <> 'lifted'")
    yield _same("orders, one for a port", set(ordered), ordered)
    for each in summary(Figures.asked(stage.staff, []), 0)["reconciled"]:
        if not each["equation"].startswith(_NOT_YET):
            yield Finding(each["equation"], f"{each['left']:,} = {each['right']:,}", each["holds"])
    for service in NAMES:
        ((p99, most, events),) = _rows(stage, service, _AGES)
        if events:
            found = f"{p99:.2f} s (longest {most:.1f} s, {events:,} events)"
            yield Finding(f"age in the outbox of {service}, p99 ≤ {AGE_SECONDS:g} s", found, p99 <= AGE_SECONDS)


_AGES = """
    SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY age), max(age), count(*)
    FROM (SELECT extract(epoch FROM published_at - created_at)::float8 AS age FROM outbox) ages
"""


def growth(sizes: Mapping[str, Sequence[tuple[float, float]]]) -> Iterator[Finding]:
    """Whether processes hold more memory in the second half than in the first, by what they held at each moment
    (seconds, MiB)."""
    for name, samples in sorted(sizes.items()):
        middle = samples[-1][0] / 2
        halves = [[mib for at, mib in samples if (at > middle) is second] for second in (False, True)]
        if all(halves):
            first, second = map(median, halves)
            found = f"{first:.0f} → {second:.0f} MiB (at most {max(mib for _, mib in samples):.0f})"
            yield Finding(f"memory of {name}, second half ≤ {GROWTH:g} of the first", found, second <= GROWTH * first)


def _same(what: str, wanted: set[Any], found: Sequence[Any]) -> Finding:
    there = set(found)
    lost, strange, doubled = len(wanted - there), len(there - wanted), len(found) - len(there)
    return Finding(
        what,
        f"{len(found):,} of {len(wanted):,}; {lost} lost, {doubled} doubled, {strange} nobody handed in",
        not (lost or strange or doubled),
    )


def _evidence(stage: Stage, service: str) -> list[UUID]:
    return _ids(stage, service, "SELECT complaint_id FROM evidence")


def _ids(stage: Stage, service: str, statement: str, *parameters: object) -> list[UUID]:
    return [identifier for (identifier,) in _rows(stage, service, statement, *parameters)]


def _rows(stage: Stage, service: str, statement: str, *parameters: object) -> list[Any]:
    return stage.databases[service].execute(statement, parameters or None).fetchall()
