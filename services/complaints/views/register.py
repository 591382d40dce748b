"""The register of ports, as staff look it up."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from chassis.database import Read
from contracts.numbers import SenderNumber
from services.complaints.policy.attribution import Register
from services.complaints.store.register import load_register
from services.complaints.views.senders import SenderView


class FilingView(BaseModel):
    """A filing that stood for a number."""

    carrier: str
    number: str = Field(description="the number or the prefix that was filed")
    holder: str
    holder_name: str
    provider: str
    provider_name: str
    signature: str
    purpose: str
    covers_extensions: bool
    valid_from: datetime
    valid_to: datetime | None


class HolderView(BaseModel):
    """Somebody under whose name ports of the number's access code were filed."""

    carrier: str
    holder: str
    since: datetime


class RegisterView(BaseModel):
    """What this service's copy of the register says of a number at a moment."""

    sender: SenderView
    at: datetime
    filings: list[FilingView]
    holders: list[HolderView]


def look_up(read: Read, number: str, at: datetime) -> RegisterView:
    """What the register says of a number, as an assessment of a message sent `at` would see it."""
    sender = SenderNumber.parse(number)
    register: Register = load_register(read, [(sender, at)])
    return RegisterView(
        sender=SenderView.of(sender),
        at=at,
        filings=[
            FilingView(
                carrier=port.carrier,
                number=port.number,
                holder=filing.holder,
                holder_name=filing.holder_name,
                provider=filing.provider,
                provider_name=filing.provider_name,
                signature=filing.signature,
                purpose=filing.purpose,
                covers_extensions=filing.covers_extensions,
                valid_from=filing.valid_from,
                valid_to=filing.valid_to,
            )
            for port, filing in register.filed(sender, at)
        ],
        holders=[
            HolderView(carrier=each.carrier, holder=each.holder, since=each.since)
            for each in register.holders.get(sender.base or "", ())
            if each.since <= at
        ],
    )
