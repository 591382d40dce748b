"""The floor of `single_intake`: a bare FastAPI route that inserts the rows of an intake and commits."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Response
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from chassis.version import API_PREFIX

app = FastAPI(openapi_url=None)
pool = ConnectionPool(os.environ["BARE_DATABASE"], min_size=10, max_size=10, open=True)


@app.get("/ready")
def ready() -> dict[str, str]:
    """The server runs."""
    return {}


@app.post(f"{API_PREFIX}/complaints", status_code=201)
def file_complaint(complaint: dict[str, Any], response: Response) -> dict[str, str]:
    """Idempotency key, complaint, stored response: three statements and a commit."""
    identifier, key, person, now = uuid.uuid4(), str(uuid.uuid4()), uuid.uuid4(), datetime.now(UTC)
    with pool.connection() as connection:
        connection.execute(_INSERT_KEY, (key, key.encode(), now)).fetchone()
        values = {**complaint, "id": identifier, "person": person, "bytes": person.bytes, "now": now}
        connection.execute(_INSERT_COMPLAINT, values)
        headers = Jsonb({"location": f"{API_PREFIX}/complaints/{identifier}"})
        connection.execute(_STORE_RESPONSE, (headers, str(identifier).encode(), key))
    response.headers["Location"] = f"{API_PREFIX}/complaints/{identifier}"
    return {"id": str(identifier)}


_INSERT_KEY = (
    "INSERT INTO idempotency_keys (caller, route, key, fingerprint, kept_at)"
    " VALUES ('channel:app', 'POST /v1/complaints', %s, %s, %s) ON CONFLICT DO NOTHING RETURNING key"
)
_INSERT_COMPLAINT = (
    "WITH taken AS (INSERT INTO complaints (id, channel, external_id, digest, bucket, sender_number, sender_raw,"
    " complainant_id, surrogate, number_cipher, province, sent_at, received_at, filed_at, text, consented,"
    " unsubscribed, vouched, receipt_digest, state, version) VALUES (%(id)s, %(channel)s, %(external_id)s,"
    " %(bytes)s, 0,"
    " %(sender_number)s, %(sender_number)s, %(person)s, %(person)s, %(bytes)s, NULL, %(sent_at)s, %(received_at)s,"
    " %(now)s, %(text)s, 'unknown', false, true, %(bytes)s, 'filed', 0)"
    " ON CONFLICT (channel, external_id) DO NOTHING RETURNING id, complainant_id, received_at)"
    " INSERT INTO vouched_complaints (complainant_id, received_at, complaint_id)"
    " SELECT complainant_id, received_at, id FROM taken"
)
_STORE_RESPONSE = (
    "UPDATE idempotency_keys SET status = 201, headers = %s, body = %s"
    " WHERE caller = 'channel:app' AND route = 'POST /v1/complaints' AND key = %s"
)
