"""When a channel is held."""

from __future__ import annotations

import pytest

from chassis.citation import Citation
from services.complaints.policy.brake import ChannelVolume, reason_to_hold
from services.complaints.policy.rulebook import ChannelBrake

CITATION = Citation(rule="channel.brake", version="CN-2015", legal_source="a test", mark="D")
BRAKE = ChannelBrake(citation=CITATION, hour=1_000, day=5_000, share=5, least=50, days=3)


def volume(
    in_hour: int = 500, in_day: int = 2_000, largest: int = 20, usual: tuple[float, ...] = (0.01, 0.02, 0.03)
) -> ChannelVolume:
    return ChannelVolume(
        channel="app", in_hour=in_hour, in_day=in_day, number="10690123", largest=largest, usual_shares=usual
    )


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (volume(in_hour=1_000, in_day=5_000), None),
        (volume(in_hour=1_001), "1,001 complaints within an hour; the limit is 1,000"),
        (volume(in_day=5_001), "5,001 complaints within a day; the limit is 5,000"),
        (volume(largest=200), None),
        (
            volume(largest=201),
            "201 of 2,000 complaints of a day are about 10690123 (10%); the largest share of a number is usually 2.0%",
        ),
        (volume(in_hour=49, in_day=49, largest=49), None),
        (volume(in_hour=50, in_day=50, largest=50, usual=(0.1, 0.1)), None),
        (volume(in_hour=50, in_day=50, largest=50, usual=(0.2, 0.2, 0.2)), None),
    ],
)
def test_a_channel_is_held_when_it_files_more_than_it_does(found: ChannelVolume, reason: str | None) -> None:
    assert reason_to_hold(found, BRAKE) == reason
