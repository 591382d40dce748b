"""Channels: their volumes are counted, and a channel that files too much is held until a person releases it."""

from __future__ import annotations

from datetime import timedelta

import structlog

from chassis import audit, clock, metrics
from chassis.calendar import begin_of_day, day_of
from chassis.database import Tx
from chassis.ids import new_id, reference
from chassis.sweeper import Slice
from chassis.target import Target, require_visible
from services.complaints.access import Visibility
from services.complaints.model import ChannelHold
from services.complaints.policy.brake import reason_to_hold
from services.complaints.policy.rulebook import RULES, ChannelBrake
from services.complaints.store.channels import (
    count_complaints,
    held_channels,
    load_hold,
    lock_count,
    released_since,
    save_holds,
    volumes,
)

COMMITTED = timedelta(minutes=1)
"""Complaints whose ids are older than this are committed: an id is drawn before the commit."""
SHORTEST = timedelta(seconds=10)
"""The shortest span that is counted at once."""

log = structlog.get_logger()


def watch_channels(tx: Tx, _: Slice) -> int:
    """Count what channels have filed, and hold those that file too much. Returns 0: nothing more is due at once.

    A channel that was released is not held again on the same day: a person has judged what it files.
    """
    now = clock.now()
    until = now - COMMITTED
    counted = lock_count(tx, until)
    if counted is None:
        return 0
    if until - counted >= SHORTEST:
        count_complaints(tx, counted, until)
    held = held_channels(tx)
    spared = held | released_since(tx, begin_of_day(day_of(now)))
    brake = RULES.at(ChannelBrake, now)
    holds = [
        ChannelHold(id=new_id(), channel=volume.channel, reason=reason, rules=(brake.citation,), held_at=now)
        for volume in volumes(tx, until, brake.days)
        if volume.channel not in spared and (reason := reason_to_hold(volume, brake))
    ]
    save_holds(tx, holds)
    for each in holds:
        log.error("a channel is held", channel=each.channel, reason=each.reason)
    metrics.HELD_SOURCES.set(len(held) + len(holds))
    return 0


def release_channel(tx: Tx, target: Target[Visibility], reason: str) -> ChannelHold:
    """A person of national staff releases a channel. Raises NotFoundError, ConflictError as the model does, and what
    `target.check_version` raises."""
    hold = require_visible(lambda: load_hold(tx, target.id), lambda _: target.visibility.includes(None))
    target.check_version(hold.version)
    hold.release(reason, target.actor.subject, clock.now())
    save_holds(tx, [hold])
    audit.record(tx, target.actor, "channel-released", reference("channel-hold", hold.id), reason)
    return hold
