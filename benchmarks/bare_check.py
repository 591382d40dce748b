"""The floor of `credit_check`: a bare FastAPI route that makes the statement of a check and returns the same body."""

from __future__ import annotations

import os
from typing import Any

from fastapi import FastAPI
from psycopg_pool import ConnectionPool

app = FastAPI(openapi_url=None)
pool = ConnectionPool(os.environ["BARE_DATABASE"], min_size=10, max_size=10, open=True)


@app.get("/ready")
def ready() -> dict[str, str]:
    """It answers."""
    return {}


@app.get("/standings/{code}")
def check(code: str) -> dict[str, Any]:
    """One statement, and what it found as it stands there."""
    with pool.connection() as connection:
        row = connection.execute("SELECT restrictions FROM standings WHERE code = %s", (code,)).fetchone()
    restrictions = [] if row is None else row[0]
    refused = any(each["new_resources"] == "refuse" for each in restrictions)
    return {"code": code, "listed": bool(restrictions), "refused": refused, "restrictions": restrictions}
