"""Channels: how a complaint arrives, who files what arrives there, and whether it vouches for the complainant."""

from __future__ import annotations

from contracts.tables import Row, Table


class Channel(Row, frozen=True, kw_only=True):
    """A channel of complaints. The organisation `channel:<code>` files what arrives there; the staff of the regulator
    file what arrives where `of_staff` is true, and nothing else. `vouched`: the channel proves that the number is the
    complainant's; only then is a number a person, who is counted once."""

    name: str
    name_zh: str
    vouched: bool
    of_staff: bool = False


CHANNELS: Table[Channel] = Table.of(Channel, "channels.yaml")
"""Every channel, by code."""
