"""Channels: how much each files, and the holds of those that file too much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.calendar import begin_of_day, day_of
from chassis.database import Read, Tx
from chassis.ids import first_id_at
from chassis.stored import StoredSteps
from services.complaints.model import ChannelHold
from services.complaints.policy.brake import ChannelVolume
from services.complaints.store.tables import CHANNEL_HOLDS

_STORED = StoredSteps(CHANNEL_HOLDS, ChannelHold)


def lock_count(tx: Tx, begin: datetime) -> datetime | None:
    """Until when complaints are counted (at first from `begin`), locked; None while another worker counts."""
    tx.execute(
        sa.text("INSERT INTO channel_count (id, counted_until) VALUES (1, :begin) ON CONFLICT DO NOTHING"),
        {"begin": begin},
    )
    statement = sa.text("SELECT counted_until FROM channel_count WHERE id = 1 FOR UPDATE SKIP LOCKED")
    counted: datetime | None = tx.execute(statement).scalar_one_or_none()
    return counted


def count_complaints(tx: Tx, since: datetime, until: datetime) -> None:
    """Count the complaints that channels filed from `since` until before `until`, by channel and sender, and by hour.

    Their ids state when they were filed. What staff file for a channel does not count.
    """
    span = {"since": first_id_at(since), "until": first_id_at(until)}
    day = {"day": day_of(until)}
    tx.execute(_COUNT_NUMBERS, span | day)
    tx.execute(_COUNT_HOURS, span | day)
    tx.execute(sa.text("DELETE FROM channel_numbers WHERE day < :day"), day)
    tx.execute(sa.text("UPDATE channel_count SET counted_until = :until"), {"until": until})


def volumes(read: Read, at: datetime, days: int) -> list[ChannelVolume]:
    """What each channel that filed in this hour filed in this hour and day, and its largest shares of one number on the
    `days` days before on which it filed."""
    today = day_of(at)
    shares = _usual_shares(read, today, days)
    rows = read.execute(_VOLUMES, {"hour": at.replace(minute=0, second=0, microsecond=0), "day": today})
    return [ChannelVolume(**row._mapping, usual_shares=shares.get(row.channel, ())) for row in rows]


def _usual_shares(read: Read, today: date, days: int) -> Mapping[str, Sequence[float]]:
    shares: dict[str, list[float]] = defaultdict(list)
    since = begin_of_day(today) - timedelta(days=4 * days)
    for row in read.execute(_SHARES, {"today": today, "since": since}):
        if len(shares[row.channel]) < days:
            shares[row.channel].append(row.largest / row.complaints)
    return shares


def held_channels(read: Read) -> frozenset[str]:
    """The channels that are held."""
    return frozenset(read.execute(sa.text("SELECT channel FROM channel_holds WHERE released_at IS NULL")).scalars())


def released_since(read: Read, moment: datetime) -> frozenset[str]:
    """The channels that were released since a moment."""
    statement = sa.text("SELECT channel FROM channel_holds WHERE released_at >= :moment")
    return frozenset(read.execute(statement, {"moment": moment}).scalars())


def load_hold(tx: Tx, identifier: UUID) -> ChannelHold | None:
    """The hold, locked; None where it does not exist."""
    row = tx.execute(sa.select(CHANNEL_HOLDS).where(CHANNEL_HOLDS.c.id == identifier).with_for_update()).one_or_none()
    return None if row is None else hold_of(row)


def save_holds(tx: Tx, holds: Sequence[ChannelHold]) -> None:
    """Write holds that are new or were released. Raises StaleAggregateError where a row has changed since it was
    read."""
    _STORED.save(tx, holds)


def hold_of(row: sa.Row[Any]) -> ChannelHold:
    """The hold in a row of its table."""
    return _STORED.load(row)


_COUNT_NUMBERS = sa.text(
    "INSERT INTO channel_numbers AS n (channel, day, sender_number, complaints)"
    " SELECT channel, CAST(:day AS date), sender_number, count(*) FROM complaints"
    " WHERE id >= :since AND id < :until AND actors = '[]' GROUP BY channel, sender_number"
    " ORDER BY channel, sender_number"
    " ON CONFLICT (channel, day, sender_number) DO UPDATE SET complaints = n.complaints + excluded.complaints"
)
# `largest` is of the day so far: the last hour of a day has that of the whole day.
_COUNT_HOURS = sa.text(
    "INSERT INTO channel_hours AS h (channel, hour, day, complaints, largest)"
    " SELECT c.channel, date_trunc('hour', c.filed_at, 'UTC'), CAST(:day AS date), count(*),"
    " (SELECT max(n.complaints) FROM channel_numbers n WHERE n.channel = c.channel AND n.day = :day)"
    " FROM complaints c WHERE c.id >= :since AND c.id < :until AND c.actors = '[]' GROUP BY 1, 2 ORDER BY 1, 2"
    " ON CONFLICT (channel, hour) DO UPDATE SET complaints = h.complaints + excluded.complaints,"
    " largest = greatest(h.largest, excluded.largest)"
)
_VOLUMES = sa.text(
    "SELECT h.channel, h.complaints AS in_hour,"
    " (SELECT CAST(sum(d.complaints) AS integer) FROM channel_hours d"
    " WHERE d.channel = h.channel AND d.day = :day) AS in_day,"
    " n.sender_number AS number, n.complaints AS largest FROM channel_hours h"
    " CROSS JOIN LATERAL (SELECT sender_number, complaints FROM channel_numbers n"
    " WHERE n.channel = h.channel AND n.day = :day ORDER BY complaints DESC, sender_number LIMIT 1) AS n"
    " WHERE h.hour = :hour AND h.day = :day ORDER BY h.channel"
)
_SHARES = sa.text(
    "SELECT channel, day, sum(complaints) AS complaints, max(largest) AS largest FROM channel_hours"
    " WHERE day < :today AND hour >= :since GROUP BY channel, day ORDER BY channel, day DESC"
)
