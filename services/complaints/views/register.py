"""The register of ports, as staff look it up."""

from __future__ import annotations

from datetime import datetime

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.redaction import Written
from contracts.numbers import SenderNumber
from contracts.register import on_record_since
from services.complaints.access import Visibility
from services.complaints.store.register import load_register
from services.complaints.views.shared import SenderView


class RegisterFilingView(BaseModel):
    """A filing that was on record for a number."""

    carrier: str
    number: str = Field(description="the number or the prefix that was filed")
    holder: str
    holder_name: Written
    provider: str
    provider_name: Written
    signature: Written
    purpose: str
    covers_extensions: bool
    valid_from: datetime
    valid_to: datetime | None
    on_record_from: datetime = Field(description="since when it decides who is responsible for messages")
    initial: bool = Field(description="whether it is of the carrier's initial load")


class HolderView(BaseModel):
    """An enterprise that held the number's access code; `since` is when the first of its filings there came on
    record."""

    model_config = ConfigDict(from_attributes=True)

    carrier: str
    holder: str
    since: datetime


class RegisterView(BaseModel):
    """What this service's copy of the register has about a number at a moment."""

    sender: SenderView
    at: datetime
    filings: list[RegisterFilingView]
    holders: list[HolderView]


def look_up(read: Read, number: str, at: datetime, visibility: Visibility) -> RegisterView:
    """What the register has about a number, as the assessment of a message sent `at` sees it, as far as it is visible.

    A filing is as visible as in the ports service. The holders of an access code belong to no single province.
    """
    sender = SenderNumber.parse(number)
    register = load_register(read, [(sender, at)])
    filings = [
        {
            **msgspec.structs.asdict(filing),
            "carrier": port.carrier,
            "number": port.number,
            "on_record_from": on_record_since(filing),
        }
        for port, filing in register.filed(sender, at)
        if visibility.includes(filing.province)
    ]
    holders = register.holding(sender, at) if visibility.includes(None) else ()
    return RegisterView(
        sender=SenderView.model_validate(sender),
        at=at,
        filings=[RegisterFilingView.model_validate(each) for each in filings],
        holders=[HolderView.model_validate(each) for each in holders],
    )
