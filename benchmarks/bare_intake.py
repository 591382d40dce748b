"""The floor of `single_intake`: a bare FastAPI route that executes the statements of an intake and commits."""

from __future__ import annotations

import os
import uuid
from typing import Any

from fastapi import FastAPI, Response
from psycopg_pool import ConnectionPool

app = FastAPI(openapi_url=None)
pool = ConnectionPool(os.environ["BARE_DATABASE"], min_size=10, max_size=10, open=True)

with pool.connection() as _connection:
    _connection.execute("CREATE TABLE IF NOT EXISTS kept (key uuid PRIMARY KEY, at timestamptz, status int, body text)")
    _connection.execute("CREATE TABLE IF NOT EXISTS people (fingerprint uuid PRIMARY KEY, id uuid)")
    _connection.execute(
        "CREATE TABLE IF NOT EXISTS filed (id uuid PRIMARY KEY, channel text, external_id text, sender text, text text,"
        " at timestamptz, UNIQUE (channel, external_id))"
    )


@app.get("/ready")
def ready() -> dict[str, str]:
    """It answers."""
    return {}


@app.post("/complaints", status_code=201)
def file_complaint(complaint: dict[str, Any], response: Response) -> dict[str, str]:
    """The key, the complainant, the complaint, the answer kept: five statements and a commit."""
    identifier, key, person = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    with pool.connection() as connection:
        connection.execute("INSERT INTO kept VALUES (%s, now()) ON CONFLICT DO NOTHING", (key,))
        connection.execute("SELECT id FROM people WHERE fingerprint = %s", (person,)).fetchone()
        connection.execute("INSERT INTO people VALUES (%s, %s) ON CONFLICT DO NOTHING", (person, identifier))
        connection.execute(
            "INSERT INTO filed VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (
                identifier,
                complaint["channel"],
                complaint["external_id"],
                complaint["sender_number"],
                complaint["text"],
                complaint["sent_at"],
            ),
        )
        connection.execute("UPDATE kept SET status = 201, body = %s WHERE key = %s", (str(identifier), key))
    response.headers["Location"] = f"/complaints/{identifier}"
    return {"id": str(identifier)}
