"""`credit_check`, `credit_bulk_ms`: what carriers ask before they give an enterprise anything, of a million entries."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random
from statistics import median

from benchmarks.credit_codes import credit_codes
from benchmarks.http_rate import api, bare_server, paired_rates, request
from benchmarks.results import Result
from benchmarks.stage import Stage

CARRIER = "carrier:CMCC"
ENTRIES = 1_000_000
REQUESTS = 3_000
CODES = 10_000
TIMES = 10


def measure(stage: Stage) -> list[Result]:
    """Requests per second for one enterprise each, over 32 connections and held against a bare FastAPI route with the
    same statement and the same answer; and the milliseconds of one request about 10,000 enterprises. All that are asked
    about are listed, which costs most."""
    _fill(stage)
    some = Random("codes").sample(list(credit_codes(ENTRIES)), CODES)
    bearer = stage.bearer(CARRIER)

    def requests() -> Iterator[bytes]:
        for code in some:
            yield request("GET", f"/standings/{code}", bearer)

    with stage.undisturbed():
        with bare_server(stage, "bare_check", stage.database_url("credit")) as bare:
            ours, least = paired_rates(api(stage, "credit"), bare, requests, REQUESTS, 200)
        bulk = _bulk(stage, some)
    return [Result.against("credit_check", ours, "req/s", least), Result.alone("credit_bulk_ms", bulk, "ms")]


def _bulk(stage: Stage, codes: list[str]) -> float:
    taken = []
    with stage.calls("credit", CARRIER) as http:
        for _ in range(TIMES):
            began = time.monotonic()
            answer = http.post("/standings/checks", json={"codes": codes})
            taken.append((time.monotonic() - began) * 1_000)
            answer.raise_for_status()
            if not all(each["listed"] for each in answer.json()["results"]):
                raise RuntimeError("an enterprise that is listed was told to be not")
    return median(taken)


def _fill(stage: Stage) -> None:
    """Entries that are effective, one for each code, and the standings that follow from them."""
    database = stage.databases["credit"]
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
