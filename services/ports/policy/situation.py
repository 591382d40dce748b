"""What a decision about one number is based on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.ports.policy.evidence import Evidence, RegisterExtract


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An earlier order about the number, and the complaint or enquiry that caused it.

    `judges`: its lifting is a judgement on the complaints about earlier messages. Lifting an order because of a listing
    judges no complaints, and a lift that its review has reversed does not count.
    """

    carrier: str
    lifted_at: datetime | None
    cause: str = ""
    judges: bool = True


@dataclass(frozen=True, slots=True)
class PastProposal:
    """An earlier proposal of the rules to shut the number because of complaints. `rejected_at` is None while it waits
    for a decision."""

    carrier: str
    rejected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PastEnquiry:
    """An earlier enquiry about the number, and the complaint that caused it."""

    sent_at: datetime
    cause: str = ""


@dataclass(frozen=True, slots=True)
class AccessCodeHolder:
    """An enterprise that holds an access code at a carrier, as filings on the code show."""

    carrier: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that a decision about one number is based on.

    `before` is the evidence that was there, `arrivals` is new, in the order of receipt; a corrected complaint is an
    arrival. `holders` are those of the number's access code when the arrivals' messages were sent, `planned` the
    carriers that the numbering plan assigns the number to, `carriers` all that exist.
    """

    extract: RegisterExtract
    holders: Mapping[datetime, Sequence[AccessCodeHolder]] = field(default_factory=dict)
    planned: Sequence[str] = ()
    carriers: Sequence[str] = ()
    before: Sequence[Evidence] = ()
    arrivals: Sequence[Evidence] = ()
    orders: Sequence[PastOrder] = ()
    enquiries: Sequence[PastEnquiry] = ()
    proposals: Sequence[PastProposal] = ()
    now: datetime

    def is_ordered(self, carrier: str) -> bool:
        """Whether there is an open order for the number's port at this carrier."""
        return any(order.carrier == carrier and order.lifted_at is None for order in self.orders)

    def is_proposed(self, carrier: str) -> bool:
        """Whether a proposal to shut the number's port at this carrier waits for a decision."""
        return any(each.carrier == carrier and each.rejected_at is None for each in self.proposals)

    def is_asked(self) -> bool:
        """Whether carriers were asked about the number: once, until an order about it is lifted, or it is filed and
        that filing ends."""
        if any(order.lifted_at is None for order in self.orders):
            return True
        since = _last(self.last_lifting(), self.extract.last_change(self.now))
        return any(since is None or each.sent_at >= since for each in self.enquiries)

    def last_lifting(self) -> datetime | None:
        """Since when complaints about the number count for an enquiry."""
        return _last(*_liftings(self.orders))

    def judged_until(self, carrier: str) -> datetime | None:
        """Since when complaints count for an order to this carrier: staff who lift an order there or reject a proposal
        have judged the messages sent before."""
        lifted = _liftings(order for order in self.orders if order.carrier == carrier)
        return _last(*lifted, *(each.rejected_at for each in self.proposals if each.carrier == carrier))


def _liftings(orders: Iterable[PastOrder]) -> Iterable[datetime | None]:
    """When staff judged complaints by lifting an order."""
    return (order.lifted_at for order in orders if order.judges)


def _last(*moments: datetime | None) -> datetime | None:
    return max((each for each in moments if each is not None), default=None)
