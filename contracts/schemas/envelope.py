"""The envelope that every fact travels in, as its readers may rely on it.

Source: CloudEvents 1.0.2 in structured mode (JSON format), extensions partitioning and distributed tracing; the
other extensions are ours. `chassis.events.envelope` writes and reads it; a test holds both together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

Present = Meta(min_length=1)


class Envelope(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The value of a Kafka record. It may have attributes that are not listed here: whoever does not know them passes
    over them."""

    specversion: Annotated[Literal["1.0"], Meta(description="The version of CloudEvents.")]
    id: Annotated[UUID, Meta(description="Of this fact. The same one may be delivered more than once.")]
    source: Annotated[str, Meta(pattern="^/anning/[a-z]+$", description="The service that says it.")]
    type: Annotated[
        str, Meta(pattern=r"^[a-z]+(-[a-z]+)+\.v[1-9][0-9]*$", description="What happened: the schema of `data`.")
    ]
    time: Annotated[datetime, Meta(tz=True, description="When it was recorded.")]
    subject: Annotated[str, Present, Meta(description="The aggregate that it is about.")]
    partitionkey: Annotated[str, Present, Meta(description="The key of the record: one key's facts are in order.")]
    correlationid: Annotated[str, Present, Meta(description="The complaint or command that began the story.")]
    causationid: Annotated[str, Present, Meta(description="The fact or command that led to this one.")]
    aggregateversion: Annotated[
        int, Meta(ge=1, description="Of the aggregate, counted without a gap. Keep the newest, drop what is older.")
    ]
    datacontenttype: Annotated[Literal["application/json"], Meta(description="Left out, since it is always this.")] = (
        "application/json"
    )
    traceparent: (
        Annotated[
            str, Meta(pattern="^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$", description="W3C Trace Context.")
        ]
        | UnsetType
    ) = UNSET
    data: Annotated[dict[str, Any], Meta(description="The fact: the whole published state of the aggregate.")]
