"""`single_intake`: complaints filed one at a time, over 32 connections."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from anning.services import load
from benchmarks.http_rate import api, bare_server, paired_rates, request
from benchmarks.load import complaint
from benchmarks.results import Result
from benchmarks.stage import Stage
from chassis import migrations

REQUESTS = 1_000
_NUMBERS = 900


def measure(stage: Stage) -> list[Result]:
    """POSTs per second, authentication and idempotency included; the floor is a bare FastAPI route with the same
    statements into the same tables. No worker runs, or what one of both left to do would be done at the cost of the
    other."""
    bearer = stage.bearer("channel:app")

    def requests() -> Iterator[bytes]:
        for number in range(REQUESTS):
            said = complaint(f"10690666{number % _NUMBERS:04d}")
            yield request("POST", "/complaints", bearer, said, Idempotency_Key=str(uuid.uuid4()))

    bench = stage.system.postgres.create_database("bench_bare_intake")
    migrations.upgrade(load("complaints"), bench)
    with stage.alone(), bare_server(stage, "bare_intake", bench) as bare:
        rates = paired_rates(api(stage, "complaints"), bare, requests, REQUESTS, 201)
    stage.settle()
    return [Result.against("single_intake", rates[0], "POST/s", rates[1])]
