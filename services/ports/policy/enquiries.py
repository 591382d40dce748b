"""What follows from an answer to an enquiry, or from its absence."""

from __future__ import annotations

from datetime import datetime

from chassis.aggregate import ConflictError
from services.ports.model import Answer, Enquiry
from services.ports.policy.evidence import RegisterExtract


def require_consistent(answer: Answer, carrier: str, extract: RegisterExtract, now: datetime) -> None:
    """Raises ConflictError where the register contradicts the carrier's answer."""
    if answer is Answer.FILED and extract.of_carrier(carrier, now) is None:
        raise ConflictError("number-is-not-filed", f"{carrier} has no filing in force that covers the number.")
    if answer is Answer.MINE_UNFILED and extract.at(now):
        raise ConflictError("number-is-filed", "A filing in force covers the number.")


def shut_after_silence(enquiry: Enquiry, extract: RegisterExtract, now: datetime) -> bool:
    """Whether a missing answer leads to an order: the enquiry names this carrier, and the number is still not filed."""
    return enquiry.names_the_carrier and not extract.at(now)
