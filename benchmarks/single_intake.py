"""`single_intake`: complaints filed singly over 32 connections."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from anning.services import load
from benchmarks.http_rate import api, bare_server, paired_rates, request
from benchmarks.load import complaint
from benchmarks.results import Result
from benchmarks.testbed import Testbed
from chassis import migrations

REQUESTS = 1_000
_NUMBERS = 900


def measure(testbed: Testbed) -> list[Result]:
    """POSTs per second including authentication and idempotency; the floor is a bare FastAPI route with the same
    statements on the same tables. No worker runs, because its work would affect both rates."""
    bearer = testbed.bearer("channel:app")

    def requests() -> Iterator[bytes]:
        for number in range(REQUESTS):
            body = complaint(f"10690666{number % _NUMBERS:04d}")
            yield request("POST", "/complaints", bearer, body, Idempotency_Key=str(uuid.uuid4()))

    bench = testbed.system.postgres.create_database("bench_bare_intake")
    migrations.upgrade(load("complaints"), bench)
    with testbed.only_workers_of(), bare_server(testbed, "bare_intake", bench) as bare:
        rates = paired_rates(api(testbed, "complaints"), bare, requests, REQUESTS, 201)
    testbed.settle()
    return [Result.against("single_intake", rates[0], "POST/s", rates[1])]
