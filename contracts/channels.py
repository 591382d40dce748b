"""Channels: how a complaint arrives, and whether the channel vouches for the complainant."""

from __future__ import annotations

from contracts.tables import Row, Table


class Channel(Row, frozen=True, kw_only=True):
    """A channel of complaints; the organisation that files through it is `channel:<code>`."""

    name: str
    name_zh: str
    vouched: bool


CHANNELS: Table[Channel] = Table.of(Channel, "channels.yaml")
"""Every channel, by code."""
