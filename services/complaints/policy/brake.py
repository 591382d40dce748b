"""The brake on a channel: when it files more than a channel files, or chiefly about one number.

With the credential of a channel, complaints can be filed in the name of anybody. An automatic order needs two channels;
the brake is the guard against a flood through both. This service has it, because volumes are known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from services.complaints.policy.rulebook import ChannelBrake


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelVolume:
    """What a channel filed: in the present hour and day, about the `number` of the day that it filed most about
    (`largest`), and the largest shares of one number on the days before."""

    channel: str
    in_hour: int
    in_day: int
    number: str
    largest: int
    usual_shares: Sequence[float] = ()


def reason_to_hold(volume: ChannelVolume, brake: ChannelBrake) -> str | None:
    """Why the channel is held; None where its volume is as usual."""
    if volume.in_hour > brake.hour:
        return f"{volume.in_hour:,} complaints within an hour; the limit is {brake.hour:,}"
    if volume.in_day > brake.day:
        return f"{volume.in_day:,} complaints within a day; the limit is {brake.day:,}"
    # A channel without a history, or with few complaints about any number, has no usual share.
    if volume.largest < brake.least or len(volume.usual_shares) < brake.days:
        return None
    share, usual = volume.largest / volume.in_day, median(volume.usual_shares)
    if share > brake.share * usual:
        return (
            f"{volume.largest:,} of {volume.in_day:,} complaints of a day are about {volume.number} ({share:.0%}); "
            f"the largest share of a number is usually {usual:.1%}"
        )
    return None
