"""What a crowd complains of, and what has to follow: by counting people, not by the code under test."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

BAR, BAR_SUBLET, BAR_ENQUIRY = 5, 3, 2
"""Different vouched complainants: the rules shutdown.commercial, shutdown.sublet, enquiry.unregistered."""

Complaint = dict[str, Any]


@dataclass
class Crowd:
    """Complaints in the order in which they come in, and what follows from all of them together."""

    ports: list[str] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    doubtful: list[Complaint] = field(default_factory=list)
    """Complaints that staff correct or that are withdrawn; what follows depends on when. Each is in no other list."""
    orders: dict[str, str] = field(default_factory=dict)
    """Number → ground, of those that are filed."""
    asked: set[str] = field(default_factory=set)
    """Numbers that nobody filed and carriers are asked about."""


def complaint(name: str, number: str, person: int, **said: Any) -> Complaint:
    """A complaint of somebody (told apart by a number below 10,000) about an advertisement of some days ago."""
    sent = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2, minutes=person % 600)
    return {
        "channel": "app",
        "external_id": name,
        "complainant_number": f"1390000{person:04}",
        "complainant_province": "440000",
        "sender_number": number,
        "text": "【云杉书店】新书上架，全场八折，限时优惠，回T退订",
        "sent_at": sent.isoformat(),
        "received_at": (sent + timedelta(hours=1)).isoformat(),
        **said,
    }


def gather(draw: random.Random) -> Crowd:
    """A crowd about a hundred numbers, as many of them at a bar as one complainant below it: one complaint that is
    lost, or counted for another number, changes what follows."""
    crowd = Crowd()
    numbers = (f"106901231{place:04}" for place in itertools.count())
    unfiled = (f"106571239{place:04}" for place in itertools.count())

    def about(number: str, people: list[int], **said: Any) -> Iterator[Complaint]:
        for place, person in enumerate(people):
            yield complaint(f"{number}-{place}", number, person, **said)

    def somebody(count: int) -> list[int]:
        return draw.sample(range(10_000), count)

    for number in itertools.islice(numbers, 20):
        crowd.ports.append(number)
        crowd.complaints += about(number, somebody(BAR))
        crowd.orders[number] = "commercial"
    for number in itertools.islice(numbers, 20):
        crowd.ports.append(number)
        people = somebody(BAR - 1)
        crowd.complaints += about(number, people + people[:2])
        crowd.complaints.append(complaint(f"{number}-unvouched", number, somebody(1)[0], channel="wechat"))
    for number in itertools.islice(numbers, 10):
        crowd.ports.append(number)
        crowd.complaints += about(number, somebody(BAR_SUBLET), text="【山雀外卖】新用户立减二十元，限时优惠，回T退订")
        crowd.orders[number] = "sublet"
    for number in itertools.islice(numbers, 10):
        crowd.ports.append(number)
        crowd.complaints += about(
            number, somebody(BAR_SUBLET - 1), text="【山雀外卖】新用户立减二十元，限时优惠，回T退订"
        )
    # Hot numbers: everybody complains, or four people do all the time.
    for place, number in enumerate(itertools.islice(numbers, 10)):
        crowd.ports.append(number)
        people = somebody(30) if place % 2 else somebody(BAR - 1) * 7
        crowd.complaints += about(number, people)
        if place % 2:
            crowd.orders[number] = "commercial"
    for number in itertools.islice(unfiled, 10):
        crowd.complaints += about(number, somebody(BAR_ENQUIRY))
        crowd.asked.add(number)
    for number in itertools.islice(unfiled, 10):
        crowd.complaints += about(number, somebody(BAR_ENQUIRY - 1) * 2)
    for number in itertools.islice(numbers, 10):
        crowd.ports.append(number)
        crowd.doubtful += about(number, somebody(BAR))
    draw.shuffle(crowd.complaints)
    return crowd
