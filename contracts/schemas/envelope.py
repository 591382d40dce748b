"""The envelope of every fact, as consumers can rely on it.

Source: CloudEvents 1.0.2 in structured mode (JSON format), extensions partitioning and distributed tracing; the
other extensions are ours. `chassis.events.envelope` writes and reads it; a test compares both.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

Present = Meta(min_length=1)


class Envelope(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The value of a Kafka record. It can have attributes that are not listed here: consumers ignore unknown ones."""

    specversion: Annotated[Literal["1.0"], Meta(description="The version of CloudEvents.")]
    id: Annotated[UUID, Meta(description="The id of this fact. A fact can be delivered more than once.")]
    source: Annotated[str, Meta(pattern="^/anning/[a-z]+$", description="The service that publishes it.")]
    type: Annotated[
        str, Meta(pattern=r"^[a-z]+(-[a-z]+)+\.v[1-9][0-9]*$", description="What happened: the schema of `data`.")
    ]
    time: Annotated[datetime, Meta(tz=True, description="When it was recorded.")]
    subject: Annotated[str, Present, Meta(description="The aggregate of the fact.")]
    partitionkey: Annotated[str, Present, Meta(description="The key of the record: facts with one key are in order.")]
    correlationid: Annotated[str, Present, Meta(description="The complaint or command that started the story.")]
    causationid: Annotated[str, Present, Meta(description="The fact or command that led to this one.")]
    aggregateversion: Annotated[
        int, Meta(ge=1, description="The version of the aggregate, without gaps. Keep the newest and drop older ones.")
    ]
    datacontenttype: Annotated[Literal["application/json"], Meta(description="Absent, because it is constant.")] = (
        "application/json"
    )
    traceparent: (
        Annotated[
            str, Meta(pattern="^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$", description="W3C Trace Context.")
        ]
        | UnsetType
    ) = UNSET
    actors: (
        Annotated[
            str,
            Present,
            Meta(
                description="The persons without whose acts the fact would not be: the subjects of their tokens,"
                " encoded as in a URL and separated by spaces. Absent without any."
            ),
        ]
        | UnsetType
    ) = UNSET
    data: Annotated[dict[str, Any], Meta(description="The fact: the whole published state of the aggregate.")]
