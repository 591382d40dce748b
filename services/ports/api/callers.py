"""Who calls, what they see, and what they may do."""

from __future__ import annotations

from chassis.http.auth import Caller
from chassis.http.problems import Forbidden
from contracts.organisations import carrier_of, is_national, province_of
from services.ports.store.sight import EVERYTHING, Sight

FILE = "ports:file"
READ_PORTS = "ports:read"
READ_ORDERS = "orders:read"
ACT_ON_ORDERS = "orders:act"
LIFT_ORDERS = "orders:lift"
PROPOSE_ORDERS = "orders:propose"
DECIDE_ORDERS = "orders:decide"
READ_ENQUIRIES = "enquiries:read"
ANSWER_ENQUIRIES = "enquiries:answer"
READ_STATISTICS = "ports:statistics"


def sight_of(caller: Caller) -> Sight:
    """The rows that a caller sees. Raises Forbidden for whoever is neither a carrier nor the regulator's staff."""
    carrier = carrier_of(caller.organisation)
    return staff_sight(caller) if carrier is None else Sight(carrier=carrier)


def staff_sight(caller: Caller) -> Sight:
    """The rows that staff see: national staff all, a provincial administration its province's. Raises Forbidden for
    whoever is no staff."""
    if is_national(caller.organisation):
        return EVERYTHING
    province = province_of(caller.organisation)
    if province is None:
        raise Forbidden("This is for carriers that are known here and for the regulator's staff.")
    return Sight(province=province)


def carrier_sight(caller: Caller) -> Sight:
    """The rows of the carrier that calls. Raises Forbidden for whoever is none."""
    carrier = carrier_of(caller.organisation)
    if carrier is None:
        raise Forbidden("Only the carrier that was ordered or asked can do this.")
    return Sight(carrier=carrier)


def national_staff(caller: Caller) -> None:
    """Raises Forbidden for whoever is not national staff."""
    if not is_national(caller.organisation):
        raise Forbidden("This is for national staff.")


def may_file_for(caller: Caller, carrier: str) -> bool:
    """Whether a caller may file ports of this carrier: carriers their own, national staff any."""
    return is_national(caller.organisation) or carrier_of(caller.organisation) == carrier
