"""`credit_check`, `credit_bulk_ms`: the check of enterprises by carriers, with a million entries."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random
from statistics import median

from benchmarks.credit_codes import credit_codes
from benchmarks.http_rate import api, bare_server, paired_rates, request
from benchmarks.results import Result
from benchmarks.testbed import Testbed

CARRIER = "carrier:CMCC"
ENTRIES = 1_000_000
REQUESTS = 3_000
CODES = 10_000
TIMES = 10


def measure(testbed: Testbed) -> list[Result]:
    """Requests per second for one enterprise each, over 32 connections; the floor is a bare FastAPI route with the same
    statement and response. And the milliseconds of one request about 10,000 enterprises. All these enterprises are
    listed, which is the most expensive case."""
    _fill(testbed)
    codes = Random("codes").sample(list(credit_codes(ENTRIES)), CODES)
    bearer = testbed.bearer(CARRIER)

    def requests() -> Iterator[bytes]:
        for code in codes:
            yield request("GET", f"/standings/{code}", bearer)

    with testbed.sandbox_paused():
        with bare_server(testbed, "bare_check", testbed.system.database_url("credit")) as bare:
            measured, floor = paired_rates(api(testbed, "credit"), bare, requests, REQUESTS, 200)
        bulk = _bulk(testbed, codes)
    return [Result.against("credit_check", measured, "req/s", floor), Result.alone("credit_bulk_ms", bulk, "ms")]


def _bulk(testbed: Testbed, codes: list[str]) -> float:
    taken = []
    with testbed.client("credit", CARRIER) as http:
        for _ in range(TIMES):
            began = time.monotonic()
            answer = http.post("/standings/checks", json={"codes": codes})
            taken.append((time.monotonic() - began) * 1_000)
            answer.raise_for_status()
            if not all(each["listed"] for each in answer.json()["results"]):
                raise RuntimeError("a listed enterprise was reported as not listed")
    return median(taken)


def _fill(testbed: Testbed) -> None:
    """Insert an effective entry for each code, and the resulting standings."""
    database = testbed.databases["credit"]
    with database.transaction(), database.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE codes (code text, entry uuid DEFAULT gen_random_uuid()) ON COMMIT DROP")
        with cursor.copy("COPY codes (code) FROM STDIN") as copy:
            copy.write("".join(f"{code}\n" for code in credit_codes(ENTRIES)))
        cursor.execute(_ENTRIES)
        cursor.execute(_STANDINGS)
    for table in ("entries", "standings"):
        database.execute(f"VACUUM ANALYZE {table}")


_ENTRIES = """
    INSERT INTO entries (id, version, code, province, name, list, tier, ground, cause, correlation_id, facts, article,
        rules, causes, proposed_at, contest_until, state, decided_by, decision_reason, effective_at, until,
        repairable_from, published, new_resources, existing)
    SELECT entry, 2, code, '990000', NULL, 'adverse', 'general', 'fined', 'clue:' || entry, entry::text,
        '["an authority fined it"]', 'MIIT Order 42 Art. 42', '[]', jsonb_build_array('clue:' || entry),
        now() - interval '9 days', now() - interval '2 days', 'effective', 'regulator-MIIT-reviewer', 'confirmed',
        now() - interval '1 day', now() + interval '3 years', now() + interval '1 year', true, 'refuse', 'propose'
    FROM codes ORDER BY codes.entry
"""
_STANDINGS = """
    INSERT INTO standings (code, id, version, restrictions)
    SELECT code, gen_random_uuid(), 1, jsonb_build_array(jsonb_build_object('entry', id, 'list', list, 'tier', tier,
        'reason', 'listed-adverse-general', 'article', article, 'new_resources', new_resources, 'existing', existing,
        'since', effective_at, 'until', until))
    FROM entries WHERE code IN (SELECT code FROM codes)
"""
