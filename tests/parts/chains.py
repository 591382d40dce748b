"""Persons in the chains of events: whose acts led to them."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from chassis.database import Database
from chassis.events.envelope import Message


def led_by(message: Message[Any], *persons: str) -> Message[Any]:
    """The message with these persons in its chain."""
    return msgspec.structs.replace(message, cause=message.cause.joined(persons))


def chains(database: Database, kind: str) -> list[str | None]:
    """The extension `actors` of the recorded events of this type, in order."""
    statement = sa.text("SELECT payload FROM outbox WHERE type = :kind ORDER BY position")
    with database.read() as read:
        payloads = read.execute(statement, {"kind": kind}).scalars()
        return [msgspec.json.decode(payload).get("actors") for payload in payloads]
