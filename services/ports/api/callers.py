"""Who calls, what they see, and what they may do."""

from __future__ import annotations

from chassis.http.auth import Caller
from chassis.http.problems import Forbidden
from contracts.authorities import AUTHORITIES
from contracts.carriers import CARRIERS
from contracts.provinces import PROVINCES
from services.ports.store.sight import EVERYTHING, Sight

FILE = "ports:file"
READ_PORTS = "ports:read"
READ_ORDERS = "orders:read"
ACT_ON_ORDERS = "orders:act"
LIFT_ORDERS = "orders:lift"
READ_ENQUIRIES = "enquiries:read"
ANSWER_ENQUIRIES = "enquiries:answer"
READ_STATISTICS = "ports:statistics"


def sight_of(caller: Caller) -> Sight:
    """The rows that a caller sees. Raises Forbidden for whoever is neither a carrier nor the regulator's staff."""
    if caller.org_kind == "carrier" and caller.org in CARRIERS:
        return Sight(carrier=caller.org)
    return staff_sight(caller)


def staff_sight(caller: Caller) -> Sight:
    """The rows that staff see: national staff all, a provincial administration its province's. Raises Forbidden for
    whoever is no staff."""
    if caller.org_kind == "regulator":
        if is_national(caller):
            return EVERYTHING
        province = f"{caller.org.removeprefix('CA-')}0000"
        if caller.org.startswith("CA-") and province in PROVINCES:
            return Sight(province=province)
    raise Forbidden("This is for carriers that are known here and for the regulator's staff.")


def carrier_sight(caller: Caller) -> Sight:
    """The rows of the carrier that calls. Raises Forbidden for whoever is none."""
    if caller.org_kind != "carrier" or caller.org not in CARRIERS:
        raise Forbidden("Only the carrier that was ordered or asked can do this.")
    return Sight(carrier=caller.org)


def is_national(caller: Caller) -> bool:
    """Whether a caller is national staff, who see everything."""
    authority = AUTHORITIES.get(caller.org)
    return caller.org_kind == "regulator" and authority is not None and authority.own


def national_staff(caller: Caller) -> None:
    """Raises Forbidden for whoever is not national staff."""
    if not is_national(caller):
        raise Forbidden("This is for national staff.")


def may_file_for(caller: Caller, carrier: str) -> bool:
    """Whether a caller may file ports of this carrier: carriers their own, national staff any."""
    own = caller.org_kind == "carrier" and caller.org == carrier
    return is_national(caller) or (own and carrier in CARRIERS)
