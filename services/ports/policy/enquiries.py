"""What follows from an answer to an enquiry, or from silence."""

from __future__ import annotations

from datetime import datetime

from chassis.aggregate import ConflictError
from services.ports.model import Answer, Enquiry
from services.ports.policy.evidence import Register


def require_borne_out(answer: Answer, carrier: str, register: Register, now: datetime) -> None:
    """Raises ConflictError when the register says otherwise than the carrier."""
    if answer is Answer.FILED and register.of_carrier(carrier, now) is None:
        raise ConflictError("number-is-not-filed", f"{carrier} has no filing in force that answers for the number.")
    if answer is Answer.MINE_UNFILED and register.at(now):
        raise ConflictError("number-is-filed", "There is a filing in force that answers for the number.")


def shut_after_silence(enquiry: Enquiry, register: Register, now: datetime) -> bool:
    """Whether silence leads to an order: something names this carrier, and nobody has filed the number since."""
    return enquiry.names_the_carrier and not register.at(now)
