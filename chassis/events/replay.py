"""Replay of dead letters: bounded, with a dry run, and through the handlers of this service only.

Nothing is produced again: other services have already processed the record. Inbox and versions make the replay of a
processed record a no-op.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from chassis.broker import Broker
from chassis.database import Database
from chassis.events import dead_letters, inbox
from chassis.events.consumer import dispatch
from chassis.events.dead_letters import DeadLetter
from chassis.events.envelope import Decoder, UndecodableError
from chassis.events.routing import Projection, Routing
from chassis.events.topics import Catalogue


class ReplayOutcome(StrEnum):
    """The outcome of a replay, or of a dry run, for one record."""

    WOULD_APPLY = "would apply"
    APPLIED = "applied"
    NOT_CONSUMED = "not consumed by this service"
    STILL_FAILING = "still failing"


@dataclass(frozen=True, slots=True)
class Replayed:
    """One dead letter and the outcome of its replay."""

    letter: DeadLetter
    outcome: ReplayOutcome
    detail: str = ""


def replay(
    service: str,
    reactions: Routing,
    projections: Sequence[Projection],
    database: Database,
    broker: Broker,
    catalogue: Catalogue,
    topic: str,
    *,
    start: int,
    limit: int,
    dry_run: bool,
) -> Iterator[Replayed]:
    """Run this service's handlers on at most `limit` dead letters of `topic`, from offset `start` on, in order.

    Each record has its own transaction. A record that still fails is reported and stays in the topic.
    """
    routings = [*(each.handlers for each in projections), reactions]
    decoder = Decoder({event for routing in routings for event in routing})
    for letter in islice(dead_letters.read(broker, catalogue, topic, service, start), limit):
        try:
            message = decoder.decode(letter.value or b"", letter.topic, letter.partition, letter.original_offset)
        except UndecodableError as error:
            yield Replayed(letter, ReplayOutcome.STILL_FAILING, f"undecodable: {error}")
            continue
        if message is None:
            yield Replayed(letter, ReplayOutcome.NOT_CONSUMED)
            continue
        if dry_run:
            yield Replayed(letter, ReplayOutcome.WOULD_APPLY, message.event.type)
            continue
        try:
            with database.begin(message.caused()) as tx:
                for routing in routings:
                    if type(message.event) in routing:
                        received = inbox.take(tx, [message]) if routing is reactions else [message]
                        dispatch(tx, received, routing)
        except Exception as error:  # reported to the operator, who decides
            yield Replayed(letter, ReplayOutcome.STILL_FAILING, f"{type(error).__name__}: {error}")
        else:
            yield Replayed(letter, ReplayOutcome.APPLIED, message.event.type)
