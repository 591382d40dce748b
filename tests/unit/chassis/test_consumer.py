"""How a batch of messages is dispatched to its handlers, and which errors are transient."""

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
"""The handlers of these tests use no database."""


class Word(Event, frozen=True, kw_only=True):
    type: ClassVar[str] = "word.v1"
    topic: ClassVar[str] = "talk.v1"
    aggregate: ClassVar[str] = "talk"

    text: str


class Pause(Event, frozen=True, kw_only=True):
    type: ClassVar[str] = "pause.v1"
    topic: ClassVar[str] = "talk.v1"
    aggregate: ClassVar[str] = "talk"


def received(*events: Event) -> list[Message[Any]]:
    return [Message(new_id(), event, 1, now(), Cause.beginning("a test")) for event in events]


def test_consecutive_events_of_one_type_are_one_call_in_the_order_received() -> None:
    calls: list[list[str]] = []

    def consume_words(tx: Tx, messages: Sequence[Message[Word]]) -> None:
        calls.append([message.event.text for message in messages])

    def consume_pauses(tx: Tx, messages: Sequence[Message[Pause]]) -> None:
        calls.append(["…"] * len(messages))

    messages = received(Word(text="a"), Word(text="b"), Pause(), Pause(), Word(text="c"))
    dispatch(NO_TRANSACTION, messages, {Word: consume_words, Pause: consume_pauses})
    assert calls == [["a", "b"], ["…", "…"], ["c"]]


def test_consecutive_events_of_a_handler_with_several_types_are_one_call() -> None:
    calls: list[list[type[Event]]] = []

    def consume_all(tx: Tx, messages: Sequence[Message[Event]]) -> None:
        calls.append([type(message.event) for message in messages])

    dispatch(
        NO_TRANSACTION, received(Word(text="a"), Pause(), Word(text="b")), dict.fromkeys((Word, Pause), consume_all)
    )
    assert calls == [[Word, Pause, Word]]


def test_an_empty_batch_calls_no_handler() -> None:
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
        sa.exc.TimeoutError("no free connection in the pool"),
        sa.exc.OperationalError("SELECT", {}, errors.DeadlockDetected()),
        sa.exc.DBAPIError("SELECT", {}, Exception("gone"), connection_invalidated=True),
    ],
    ids=lambda error: f"{type(error).__name__} {getattr(error, 'orig', '') or ''}",
)
def test_an_error_that_a_retry_can_resolve_is_transient(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        errors.UniqueViolation(),
        errors.NumericValueOutOfRange(),
        errors.UndefinedTable(),
        sa.exc.IntegrityError("INSERT", {}, errors.UniqueViolation()),
        RuntimeError("a bug"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_that_a_retry_cannot_resolve_is_not_transient(error: Exception) -> None:
    assert not is_transient(error)


class Record:
    """The attributes of a consumed record that its dead letter needs."""

    headers: ClassVar[list[tuple[str, bytes | None]]] = [("traceparent", b"00-01"), ("empty", None), ("odd", b"\xff")]
    partition = 3
    offset = 41


def test_a_dead_letter_keeps_the_headers_of_its_record_and_adds_its_position_and_the_reason() -> None:
    added = dead_letters.headers_of("talk.v1", Record(), "r" * 5_000)
    assert added[:3] == [("traceparent", b"00-01"), ("empty", b""), ("odd", b"\xff")]
    assert dict(added[3:7]) == {
        "anning-topic": b"talk.v1",
        "anning-partition": b"3",
        "anning-offset": b"41",
        "anning-reason": b"r" * 1_000,
    }
