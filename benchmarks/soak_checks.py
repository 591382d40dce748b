"""The conditions that must hold after a soak, checked in the databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import UUID

import psycopg

from anning.services import NAMES
from contracts.vocabulary import OF_PORTS
from standalone.client import Client
from standalone.figures import Figures, summary

Databases = Mapping[str, psycopg.Connection[Any]]
"""A connection to the database of each service, by its name."""

AGE_SECONDS = 2.0
"""The maximum p99 of the age of events at their publication."""
GROWTH = 1.15
"""The maximum ratio of the memory in the second half to that in the first: caches fill for some time."""
_NOT_CHECKED = ("read = ", "enquiries sent = ")
"""Equations that need not hold: the counts of files are not collected, and carriers still answer enquiries."""


@dataclass(frozen=True)
class Finding:
    """A condition, its observed value, and whether it holds."""

    what: str
    found: str
    met: bool

    def __str__(self) -> str:
        return f"{'✓' if self.met else '✗'} {self.what:<72} {self.found}"


def lost_and_duplicated(databases: Databases, sent: set[str]) -> Iterator[Finding]:
    """Whether each accepted complaint (channel and id) exists exactly once wherever it must. The system must have
    consumed everything."""
    stored = [
        name for (name,) in _rows(databases, "complaints", "SELECT channel || ' ' || external_id FROM complaints")
    ]
    yield _same("accepted complaints in complaints", sent, stored)
    ids = _ids(databases, "complaints", "SELECT id FROM complaints")
    yield _same("complaints in the evidence of referrals", set(ids), _evidence(databases, "referrals"))
    about_ports = _ids(databases, "complaints", "SELECT id FROM complaints WHERE kind = ANY(%s)", sorted(OF_PORTS))
    yield _same("complaints about ports in the evidence of ports", set(about_ports), _evidence(databases, "ports"))
    assessed = _ids(
        databases,
        "complaints",
        "SELECT aggregateid::uuid FROM outbox WHERE type = 'complaint-assessed.v1' AND version = 1",
    )
    yield _same("complaints assessed in the outbox", set(ids), assessed)
    ordered = _rows(databases, "ports", "SELECT carrier, number FROM orders WHERE state <> 'lifted'")
    yield _same("at most one order per port", set(ordered), ordered)


def equations(staff: Mapping[str, Client]) -> Iterator[Finding]:
    """Whether the figures of the services agree."""
    for each in summary(Figures.fetch(staff, []), 0)["reconciled"]:
        if not each["equation"].startswith(_NOT_CHECKED):
            yield Finding(each["equation"], f"{each['left']:,} = {each['right']:,}", each["holds"])


def ages(databases: Databases) -> Iterator[Finding]:
    """How long events waited in each outbox."""
    for service in NAMES:
        ((p99, most, events),) = _rows(databases, service, _AGES)
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


def _evidence(databases: Databases, service: str) -> list[UUID]:
    return _ids(databases, service, "SELECT complaint_id FROM evidence")


def _ids(databases: Databases, service: str, statement: str, *parameters: object) -> list[UUID]:
    return [identifier for (identifier,) in _rows(databases, service, statement, *parameters)]


def _rows(databases: Databases, service: str, statement: str, *parameters: object) -> list[Any]:
    return databases[service].execute(statement, parameters or None).fetchall()
