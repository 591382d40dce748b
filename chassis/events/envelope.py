"""CloudEvents 1.0 over Kafka in structured mode: the envelope is the value of the record.

Source: CloudEvents 1.0.2, JSON format and Kafka protocol binding; extensions partitioning, distributed tracing. The
extension `actors` is our own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import Annotated, Generic, TypeVar
from urllib.parse import quote, unquote
from uuid import UUID

import msgspec

from chassis.aggregate import Cause
from chassis.event import Event

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"

E = TypeVar("E", bound=Event, covariant=True)


class UndecodableError(ValueError):
    """The value of a record is not an envelope, or its data does not fit its type."""


class _Attributes(msgspec.Struct, kw_only=True, omit_defaults=True):
    specversion: str
    id: UUID
    source: str
    type: str
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    subject: str
    partitionkey: str
    correlationid: str
    causationid: str
    aggregateversion: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    datacontenttype: str = "application/json"
    traceparent: str | None = None
    actors: str | None = None


class _Outgoing(_Attributes, kw_only=True, omit_defaults=True):
    data: Event


class _Incoming(_Attributes, kw_only=True):
    data: msgspec.Raw


class _Traced(msgspec.Struct):
    traceparent: str | None = None


class Message(msgspec.Struct, Generic[E], frozen=True):
    """A received event: what happened, the version of its aggregate that it created, when and why; then where it was
    read, and the bytes of its record."""

    id: UUID
    event: E
    version: int
    time: datetime
    cause: Cause
    topic: str = ""
    partition: int = -1
    offset: int = -1
    raw: bytes = b""

    def caused(self) -> Cause:
        """The cause of what this message leads to."""
        return msgspec.structs.replace(self.cause, causation_id=str(self.id))


K = TypeVar("K", bound=Hashable)


def newest(messages: Iterable[Message[E]], subject: Callable[[E], K]) -> dict[K, Message[E]]:
    """The newest message about each subject, in the order of receipt."""
    found: dict[K, Message[E]] = {}
    for each in messages:
        about = subject(each.event)
        known = found.get(about)
        if known is None or known.version < each.version:
            found.pop(about, None)
            found[about] = each
    return found


_encoder = msgspec.json.Encoder()
_envelope_decoder = msgspec.json.Decoder(_Incoming)
_traced_decoder = msgspec.json.Decoder(_Traced)


def encode(event: Event, *, id: UUID, version: int, time: datetime, source: str, cause: Cause) -> bytes:
    """The bytes of the record's value: envelope and data in one JSON object."""
    return _encoder.encode(
        _Outgoing(
            specversion="1.0",
            id=id,
            source=source,
            type=event.type,
            time=time,
            subject=event.aggregate_id,
            partitionkey=event.key,
            correlationid=cause.correlation_id,
            causationid=cause.causation_id,
            aggregateversion=version,
            traceparent=cause.traceparent,
            actors=_written(cause.actors),
            data=event,
        )
    )


def _written(actors: tuple[str, ...]) -> str | None:
    """The extension `actors`: an attribute of CloudEvents is no list, so the subjects are separated by spaces and
    encoded as in a URL. Absent without any."""
    return " ".join(quote(each, safe=":@") for each in actors) or None


def _actors_in(written: str | None) -> tuple[str, ...]:
    return () if written is None else tuple(map(unquote, written.split()))


def traceparent(value: bytes) -> str | None:
    """The trace context of an encoded event, where it has one."""
    return _traced_decoder.decode(value).traceparent


class Decoder:
    """Decodes the values of records into messages of the event types that a consumer handles."""

    def __init__(self, types: Iterable[type[Event]]) -> None:
        self._by_type = {each.type: msgspec.json.Decoder(each) for each in types}

    def decode(self, value: bytes, topic: str = "", partition: int = -1, offset: int = -1) -> Message[Event] | None:
        """The message in `value`; None for a type that this consumer does not handle: topics may gain types.

        Raises UndecodableError for bytes that are not an event.
        """
        try:
            envelope = _envelope_decoder.decode(value)
            decoder = self._by_type.get(envelope.type)
            if decoder is None:
                return None
            event = decoder.decode(envelope.data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise UndecodableError(str(error)) from error
        if envelope.specversion != "1.0":
            raise UndecodableError(f"specversion {envelope.specversion!r} is not 1.0")
        cause = Cause(envelope.correlationid, envelope.causationid, envelope.traceparent, _actors_in(envelope.actors))
        return Message(
            envelope.id, event, envelope.aggregateversion, envelope.time, cause, topic, partition, offset, value
        )
