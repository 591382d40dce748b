"""Who may see and who may act: a carrier its own rows, a provincial administration those of its province, the ministry
all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from chassis.http.auth import Caller
from chassis.http.problems import Forbidden
from chassis.http.targets import target, target_of_person
from chassis.target import Target
from contracts.organisations import carrier_of, is_national, province_of

FILE = "ports:file"
INITIAL_LOAD = "ports:initial-load"
READ_PORTS = "ports:read"
READ_ORDERS = "orders:read"
ACT_ON_ORDERS = "orders:act"
LIFT_ORDERS = "orders:lift"
PROPOSE_ORDERS = "orders:propose"
DECIDE_ORDERS = "orders:decide"
READ_ENQUIRIES = "enquiries:read"
ANSWER_ENQUIRIES = "enquiries:answer"
READ_STATISTICS = "ports:statistics"
READ_QUARANTINE = "ports:quarantine"


@dataclass(frozen=True, slots=True)
class Visibility:
    """The rows that a caller may see: those of one carrier, or of one province, where one is named; otherwise all."""

    carrier: str | None = None
    province: str | None = None

    def includes(self, carrier: str, province: str | None) -> bool:
        """Whether a row of this carrier and this province (None: of no single one) may be seen."""
        return self.carrier in (None, carrier) and self.province in (None, province)

    def begins(self, visible_at: datetime | None, now: datetime) -> bool:
        """Whether an order or an enquiry may be seen by now: staff see it at once, its carrier from `visible_at` on."""
        return self.carrier is None or visible_at is None or visible_at <= now


EVERYTHING = Visibility()


def visible_to(caller: Caller) -> Visibility:
    """What a carrier or staff may see. Raises Forbidden for any other caller."""
    carrier = carrier_of(caller.organisation)
    return visible_to_staff(caller) if carrier is None else Visibility(carrier=carrier)


def visible_to_staff(caller: Caller) -> Visibility:
    """What staff may see: national staff everything, provincial staff their province. Raises Forbidden for others."""
    if is_national(caller.organisation):
        return EVERYTHING
    province = province_of(caller.organisation)
    if province is None:
        raise Forbidden("Only registered carriers and the regulator's staff may use this.")
    return Visibility(province=province)


def visible_to_carrier(caller: Caller) -> Visibility:
    """What a carrier may see. Raises Forbidden for any other caller."""
    carrier = carrier_of(caller.organisation)
    if carrier is None:
        raise Forbidden("Only the carrier that received the order or enquiry may do this.")
    return Visibility(carrier=carrier)


def require_national_staff(caller: Caller) -> None:
    """Raises Forbidden for any caller but national staff."""
    if not is_national(caller.organisation):
        raise Forbidden("Only national staff may use this.")


def visible_to_national_staff(caller: Caller) -> Visibility:
    """Everything, to national staff. Raises Forbidden for any other caller."""
    require_national_staff(caller)
    return EVERYTHING


def may_file_for(caller: Caller, carrier: str) -> bool:
    """Whether a caller may file ports of this carrier: carriers their own, national staff any."""
    return is_national(caller.organisation) or carrier_of(caller.organisation) == carrier


CarrierOrder = Annotated[Target[Visibility], target(ACT_ON_ORDERS, visible_to_carrier)]
"""The order that its carrier acts on."""
StaffOrder = Annotated[Target[Visibility], target(LIFT_ORDERS, visible_to_staff)]
"""The order that staff act on."""
CarrierEnquiry = Annotated[Target[Visibility], target(ANSWER_ENQUIRIES, visible_to_carrier)]
"""The enquiry that its carrier answers."""
OpenedLoad = Annotated[Target[Visibility], target_of_person(INITIAL_LOAD, visible_to_national_staff)]
"""The initial load that a person of national staff closes."""
OrderToNotify = Annotated[Target[Visibility], target(LIFT_ORDERS, visible_to_staff)]
"""The order about which staff issue a notice to one of its enterprises."""
LiftToReview = Annotated[Target[Visibility], target_of_person(DECIDE_ORDERS, visible_to_staff)]
"""The order whose lift a person of the staff reviews."""
StaffProposal = Annotated[Target[Visibility], target_of_person(DECIDE_ORDERS, visible_to_staff)]
"""The proposal that a person of the staff decides."""
