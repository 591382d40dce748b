"""How a batch of messages is given to its handlers, and how failures are told apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from chassis.aggregate import Cause
from chassis.clock import now
from chassis.database import Tx, is_transient
from chassis.event import Event
from chassis.events import dead_letters
from chassis.events.consumer import dispatch
from chassis.events.envelope import Message
from chassis.ids import new_id

NO_TRANSACTION = cast(Tx, None)
"""The handlers of these tests touch no database."""


class Word(Event, frozen=True, kw_only=True):
    type: ClassVar[str] = "word.v1"
    topic: ClassVar[str] = "talk.v1"
    aggregate: ClassVar[str] = "talk"

    text: str


class Pause(Event, frozen=True, kw_only=True):
    type: ClassVar[str] = "pause.v1"
    topic: ClassVar[str] = "talk.v1"
    aggregate: ClassVar[str] = "talk"


def heard(*events: Event) -> list[Message[Any]]:
    return [Message(new_id(), event, 1, now(), Cause.beginning("a test")) for event in events]


def test_each_run_of_one_type_is_one_call_in_the_order_heard() -> None:
    calls: list[list[str]] = []

    def listen(tx: Tx, messages: Sequence[Message[Word]]) -> None:
        calls.append([message.event.text for message in messages])

    def wait(tx: Tx, messages: Sequence[Message[Pause]]) -> None:
        calls.append(["…"] * len(messages))

    said = heard(Word(text="a"), Word(text="b"), Pause(), Pause(), Word(text="c"))
    dispatch(NO_TRANSACTION, said, {Word: listen, Pause: wait})
    assert calls == [["a", "b"], ["…", "…"], ["c"]]


def test_nothing_heard_calls_nobody() -> None:
    dispatch(NO_TRANSACTION, [], {})


@pytest.mark.parametrize(
    "error",
    [
        errors.DeadlockDetected(),
        errors.SerializationFailure(),
        errors.LockNotAvailable(),
        errors.AdminShutdown(),
        errors.CannotConnectNow(),
        errors.ConnectionFailure(),
        errors.TooManyConnections(),
        psycopg.OperationalError("server closed the connection unexpectedly"),
        psycopg.InterfaceError("the connection is closed"),
        sa.exc.TimeoutError("no connection of the pool came free"),
        sa.exc.OperationalError("SELECT", {}, errors.DeadlockDetected()),
        sa.exc.DBAPIError("SELECT", {}, Exception("gone"), connection_invalidated=True),
    ],
    ids=lambda error: f"{type(error).__name__} {getattr(error, 'orig', '') or ''}",
)
def test_what_may_succeed_when_it_is_run_again_is_transient(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        errors.UniqueViolation(),
        errors.NumericValueOutOfRange(),
        errors.UndefinedTable(),
        sa.exc.IntegrityError("INSERT", {}, errors.UniqueViolation()),
        dead_letters.PoisonEvent("no"),
        RuntimeError("a fault of ours"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_will_fail_again_is_not_transient(error: Exception) -> None:
    assert not is_transient(error)


class Record:
    """What of a consumed record its dead letter is made of."""

    headers: ClassVar[list[tuple[str, bytes | None]]] = [("traceparent", b"00-01"), ("empty", None), ("odd", b"\xff")]
    partition = 3
    offset = 41


def test_a_dead_letter_keeps_the_headers_of_its_record_and_says_where_it_lay_and_why_it_left() -> None:
    added = dead_letters.headers_of("talk.v1", Record(), "r" * 5_000)
    assert added[:3] == [("traceparent", b"00-01"), ("empty", b""), ("odd", b"\xff")]
    assert dict(added[3:7]) == {
        "anning-topic": b"talk.v1",
        "anning-partition": b"3",
        "anning-offset": b"41",
        "anning-reason": b"r" * 1_000,
    }
