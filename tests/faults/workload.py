"""Complaints, and the orders and enquiries they must lead to: derived by counting complainants, not by the code under
test."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

BAR, BAR_SUBLET, BAR_ENQUIRY = 5, 3, 2
"""Distinct vouched complainants required by the rules shutdown.commercial, shutdown.sublet, enquiry.unregistered."""

CHANNELS = ("app", "12321_web")
"""Channels that vouch for the complainant: an order follows from complaints of two."""

Complaint = dict[str, Any]


@dataclass
class Workload:
    """Complaints in the order in which they are filed, and the expected results of all of them together."""

    ports: list[str] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    doubtful: list[Complaint] = field(default_factory=list)
    """Complaints that staff correct or that are withdrawn; their result depends on the timing. Each is in no other
    list."""
    orders: dict[str, str] = field(default_factory=dict)
    """Number → ground, for filed numbers."""
    enquiries: set[str] = field(default_factory=set)
    """Unfiled numbers that carriers are asked about."""


def complaint(name: str, number: str, person: int, **overrides: Any) -> Complaint:
    """A complaint of one person (identified by a number below 10,000) about an advertisement sent two days ago; people
    with even and with odd numbers use different channels."""
    sent = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2, minutes=person % 600)
    return {
        "channel": CHANNELS[person % 2],
        "external_id": name,
        "complainant_number": f"1390000{person:04}",
        "complainant_province": "440000",
        "sender_number": number,
        "text": "【云杉书店】新书上架，全场八折，限时优惠，回T退订",
        "sent_at": sent.isoformat(),
        "received_at": (sent + timedelta(hours=1)).isoformat(),
        **overrides,
    }


def generate(draw: random.Random) -> Workload:
    """A workload about a hundred numbers. As many of them reach a threshold as stay one complainant below it: one
    complaint that is lost, or counted for another number, changes the result."""
    workload = Workload()
    numbers = (f"106901231{index:04}" for index in itertools.count())
    unfiled = (f"106571239{index:04}" for index in itertools.count())

    def about(number: str, people: list[int], **overrides: Any) -> Iterator[Complaint]:
        for index, person in enumerate(people):
            yield complaint(f"{number}-{index}", number, person, channel=CHANNELS[index % 2], **overrides)

    def distinct_people(count: int) -> list[int]:
        return draw.sample(range(10_000), count)

    for number in itertools.islice(numbers, 20):
        workload.ports.append(number)
        workload.complaints += about(number, distinct_people(BAR))
        workload.orders[number] = "commercial"
    for number in itertools.islice(numbers, 20):
        workload.ports.append(number)
        people = distinct_people(BAR - 1)
        workload.complaints += about(number, people + people[:2])
        workload.complaints.append(complaint(f"{number}-unvouched", number, distinct_people(1)[0], channel="wechat"))
    for number in itertools.islice(numbers, 10):
        workload.ports.append(number)
        workload.complaints += about(
            number, distinct_people(BAR_SUBLET), text="【山雀外卖】新用户立减二十元，限时优惠，回T退订"
        )
        workload.orders[number] = "sublet"
    for number in itertools.islice(numbers, 10):
        workload.ports.append(number)
        workload.complaints += about(
            number, distinct_people(BAR_SUBLET - 1), text="【山雀外卖】新用户立减二十元，限时优惠，回T退订"
        )
    # Numbers with many complaints: from thirty people each, or from the same four people seven times.
    for index, number in enumerate(itertools.islice(numbers, 10)):
        workload.ports.append(number)
        people = distinct_people(30) if index % 2 else distinct_people(BAR - 1) * 7
        workload.complaints += about(number, people)
        if index % 2:
            workload.orders[number] = "commercial"
    for number in itertools.islice(unfiled, 10):
        workload.complaints += about(number, distinct_people(BAR_ENQUIRY))
        workload.enquiries.add(number)
    for number in itertools.islice(unfiled, 10):
        workload.complaints += about(number, distinct_people(BAR_ENQUIRY - 1) * 2)
    for number in itertools.islice(numbers, 10):
        workload.ports.append(number)
        workload.doubtful += about(number, distinct_people(BAR))
    draw.shuffle(workload.complaints)
    return workload
