"""Initial loads of carriers, by two persons of the regulator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from contracts.carriers import CARRIERS
from standalone.client import Client


@contextmanager
def initial_loads(opener: Client, closer: Client, carriers: Iterable[str] = CARRIERS) -> Iterator[None]:
    """While the block runs, what is filed of these carriers' ports is on record from its own begin. Both are clients of
    ports, of two persons. Raises CallFailed; where the block fails, the loads stay open."""
    loads = [
        opener.post("/initial-loads", {"carrier": each, "reason": "the first register of this carrier"})
        for each in carriers
    ]
    yield
    for each in loads:
        closer.post(f"/initial-loads/{each['id']}/closing", {"reason": "it is filed"}, version=each["version"])
