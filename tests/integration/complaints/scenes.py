"""Helpers of the tests of the complaints service: requests, events and sweeps."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa
from fastapi.testclient import TestClient
from httpx2 import Response

from chassis import privacy
from chassis.aggregate import Cause
from chassis.database import MECHANISM, Database
from chassis.event import Event
from chassis.events.envelope import Message
from chassis.imports import import_sweep
from chassis.sweeper import Slice
from contracts.channels import CHANNELS
from contracts.complaints import ComplaintAssessed, ComplaintWithdrawn
from contracts.ports import Filing, PortDeclaredV1
from services.complaints.imports import COMPLAINT_IMPORTS
from services.complaints.store.register import save_filings
from services.complaints.store.tables import METADATA
from services.complaints.sweeps import ASSESS
from tests.integration.http.issuer import Issuer

SENT = datetime(2026, 6, 1, 4, 30, 17, tzinfo=UTC)
NUMBER = "10690123456789"
TYPED = "+86 1069-0123 456789"
"""The same number, as it was typed."""
COMPLAINANT = "13900001234"
TEXT = "【云杉书店】尊敬的李明先生，新书上架，全场八折，详询13900005678，回T退订"
HOLDER, PROVIDER = "91440300MA5EXAMP0A", "91310115MA1EXAMPLC"
ALL_SCOPES = (
    "complaints:file complaints:read complaints:correct complaints:withdraw complaints:reveal complaints:quarantine "
    "channels:release"
)
ANNA, BORIS = "anna", "boris"
"""Two colleagues."""


def report(external_id: str | None = "app-1", **overrides: Any) -> dict[str, Any]:
    """A valid complaint as JSON, with these fields replaced."""
    made = {
        "channel": "app",
        "external_id": external_id,
        "complainant_number": COMPLAINANT,
        "complainant_province": "440000",
        "sender_number": NUMBER,
        "text": TEXT,
        "sent_at": SENT.isoformat(),
        "received_at": (SENT + timedelta(minutes=5)).isoformat(),
        **overrides,
    }
    return {name: value for name, value in made.items() if value is not None}


def filing(signature: str = "云杉书店", *, since: datetime = SENT - timedelta(days=100), **overrides: Any) -> Filing:
    """A filing of a bookshop, with these fields replaced."""
    return Filing(
        **{
            "filing": uuid4(),
            "holder": HOLDER,
            "holder_name": "某通信技术有限公司",
            "provider": PROVIDER,
            "provider_name": "云杉文化传播有限公司",
            "signature": signature,
            "purpose": "marketing",
            "province": None,
            "covers_extensions": False,
            "valid_from": since,
            "valid_to": None,
            **overrides,
        }
    )


def filed_by(complaint: Any) -> str:
    """The organisation that files this complaint: that of its channel, if it names one that exists."""
    channel = complaint.get("channel") if isinstance(complaint, dict) else None
    return f"channel:{channel if channel in CHANNELS else 'app'}"


@dataclass
class Office:
    """The service as channels, staff and citizens use it; its sweeps and its consumer run when a test calls them."""

    client: TestClient
    database: Database
    issuer: Issuer

    def token(self, org: str = "regulator:MIIT", scope: str = ALL_SCOPES, by: str = "system-1") -> dict[str, str]:
        return self.issuer.bearer(scope, org=org, sub=by)

    def post(self, path: str, body: Any, *, org: str | None = None, by: str = "system-1", **headers: str) -> Response:
        """Send a request: without `org` a complaint as its channel, anything else as the ministry's staff."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sender = org or (filed_by(body) if path == "/complaints" else "regulator:MIIT")
        return self.client.post(path, json=body, headers={**self.token(sender, by=by), **named})

    def get(self, path: str, *, org: str | None = None) -> Response:
        """Read: without `org` a file as the channel that sends files here, anything else as the ministry's staff."""
        reader = org or ("channel:app" if path.startswith("/complaint-imports/") else "regulator:MIIT")
        return self.client.get(path, headers=self.token(reader))

    def file(self, external_id: str | None = "app-1", **overrides: Any) -> dict[str, Any]:
        """File one complaint over the API and return the response."""
        answer = self.post("/complaints", report(external_id, **overrides))
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def import_lines(self, *lines: Any, org: str | None = None, packed: bool = False) -> dict[str, Any]:
        """Send a file (bytes are raw lines), by default as the channel of its first line; process it, and return the
        finished import."""
        org = org or filed_by(lines[0])
        content = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        media = {"Content-Type": "application/x-ndjson"}
        if packed:
            content, media["Content-Encoding"] = gzip.compress(content), "gzip"
        answer = self.client.post("/complaint-imports", content=content, headers={**self.token(org), **media})
        assert answer.status_code == 202, answer.text
        self.process_imports()
        found: dict[str, Any] = self.get(answer.headers["location"], org=org).json()
        assert found["state"] == "finished"
        return found

    def process_imports(self) -> None:
        sweep = import_sweep(COMPLAINT_IMPORTS)
        done = 1
        while done:
            with self.database.begin() as tx:
                done = sweep.run(tx, Slice(sweep.limit))

    def assess(self) -> int:
        """Assess all waiting complaints; returns how many."""
        with self.database.begin() as tx:
            return ASSESS.run(tx, Slice(1_000))

    def declare(self, *filings: Filing, number: str = NUMBER, carrier: str = "CMCC", version: int = 1) -> None:
        """Consume the snapshot of a port with these filings."""
        event = PortDeclaredV1(
            carrier=carrier, number=number, access_code=number[:8], status="declared", filings=filings or (filing(),)
        )
        message = Message(uuid4(), event, version, SENT, Cause("filing", "filing"))
        with self.database.begin() as tx:
            save_filings(tx, [message])

    def leave_in_clear(self, complaint: str) -> None:
        """Store what a complaint contains as release 0.1.0 did."""
        number = privacy.ring().encrypt(COMPLAINANT.encode(), UUID(complaint).bytes)
        clear = {"text": TEXT, "typed": TYPED, "number": number, "id": complaint}
        statement = (
            "UPDATE complaints SET text = :text, sender_raw = :typed, number_cipher = :number, text_cipher = NULL"
            " WHERE id = :id"
        )
        with self.database.begin() as tx:
            tx.execute(sa.text(statement), clear)

    def request_reveal(self, complaint: str, by: str = ANNA, reason: str = "警方来函") -> dict[str, Any]:
        """Request a reveal of who filed a complaint."""
        answer = self.post(f"/complaints/{complaint}/reveals", {"reason": reason}, by=by)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def decide(self, reveal: dict[str, Any], decision: str = "approve", by: str = BORIS, **rest: str) -> Response:
        """Decide on a reveal at the version that was read."""
        seen = {"If_Match": f'"{reveal["version"]}"', **rest}
        body = {"decision": decision, "reason": "函件属实"}
        return self.post(f"/reveals/{reveal['id']}/decision", body, by=by, **seen)

    def disclose(self, reveal: dict[str, Any], by: str = ANNA, **rest: str) -> Response:
        """Request the number itself."""
        return self.post(f"/reveals/{reveal['id']}/disclosure", None, by=by, **rest)

    def rows(self, statement: str, **parameters: Any) -> list[Any]:
        with self.database.read() as read:
            return list(read.execute(sa.text(statement), parameters).all())

    def payloads(self) -> list[bytes]:
        """The payloads of all events, as they are published, in order."""
        return [bytes(row.payload) for row in self.rows("SELECT payload FROM outbox ORDER BY position")]

    def events(self) -> list[Event]:
        """All events, in order."""
        types: dict[str, type[Event]] = {each.type: each for each in (ComplaintAssessed, ComplaintWithdrawn)}
        envelopes = [msgspec.json.decode(payload) for payload in self.payloads()]
        return [msgspec.convert(each["data"], types[each["type"]]) for each in envelopes]

    def complaint(self, identifier: str | UUID, *, org: str = "regulator:MIIT") -> dict[str, Any]:
        answer = self.get(f"/complaints/{identifier}", org=org)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


def found_in_database(office: Office, secret: str) -> list[str]:
    """The tables with a row that contains this text, in a column of text or of bytes."""
    hidden = (secret, secret.encode().hex(), json.dumps(secret)[1:-1])
    tables = (*METADATA.tables, *MECHANISM.tables)
    rows = ((table, row[0]) for table in tables for row in office.rows(f"SELECT t::text FROM {table} t"))
    return [table for table, row in rows if any(each in row for each in hidden)]
