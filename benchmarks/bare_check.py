"""The floor of `credit_check`: a bare FastAPI route with the same statement and response body."""

from __future__ import annotations

import os
from typing import Any

from fastapi import FastAPI
from psycopg_pool import ConnectionPool

from chassis.version import API_PREFIX

app = FastAPI(openapi_url=None)
pool = ConnectionPool(os.environ["BARE_DATABASE"], min_size=10, max_size=10, open=True)


@app.get("/ready")
def ready() -> dict[str, str]:
    """The server runs."""
    return {}


@app.get(API_PREFIX + "/standings/{code}")
def check(code: str) -> dict[str, Any]:
    """Execute one statement and return its result."""
    with pool.connection() as connection:
        row = connection.execute("SELECT restrictions FROM standings WHERE code = %s", (code,)).fetchone()
    restrictions = [] if row is None else row[0]
    refused = any(each["new_resources"] == "refuse" for each in restrictions)
    return {"code": code, "listed": bool(restrictions), "refused": refused, "restrictions": restrictions}
