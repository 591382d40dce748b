"""Who calls, what they see, and what they may do."""

from __future__ import annotations

from chassis.http.auth import Caller
from chassis.http.problems import Forbidden
from contracts.organisations import authority_of, carrier_of, is_national, province_of
from services.credit.store.sight import EVERYTHING, Sight

CHECK = "credit:check"
READ = "credit:read"
PROPOSE = "credit:propose"
DECIDE = "credit:decide"


def staff_sight(caller: Caller) -> Sight:
    """The entries that staff see: national staff all, a provincial administration those of its province's enterprises.
    Raises Forbidden for whoever is no staff."""
    if is_national(caller.organisation):
        return EVERYTHING
    province = province_of(caller.organisation)
    if province is None:
        raise Forbidden("This is for the regulator's staff.")
    return Sight(province=province)


def national_staff(caller: Caller) -> None:
    """Raises Forbidden for whoever is not national staff."""
    if not is_national(caller.organisation):
        raise Forbidden("This is for national staff.")


def may_check(caller: Caller) -> None:
    """Standings are for carriers that are known here, for authorities and for staff. Raises Forbidden for anybody
    else."""
    organisation = caller.organisation
    if not (carrier_of(organisation) or authority_of(organisation)):
        staff_sight(caller)
