"""Who calls, what they see, and what they may do."""

from __future__ import annotations

from chassis.http.auth import Caller
from chassis.http.problems import Forbidden
from contracts.organisations import authority_of, is_national, province_of
from services.referrals.store.sight import EVERYTHING, Sight

READ = "clues:read"
ACT = "clues:act"
ROUTE = "clues:route"


def sight_of(caller: Caller) -> Sight:
    """The rows that a caller sees. Raises Forbidden for whoever is neither an authority nor the regulator's staff."""
    authority = authority_of(caller.organisation)
    return staff_sight(caller) if authority is None else Sight(authority=authority)


def staff_sight(caller: Caller) -> Sight:
    """The rows that staff see: national staff all, a provincial administration its province's. Raises Forbidden for
    whoever is no staff."""
    if is_national(caller.organisation):
        return EVERYTHING
    province = province_of(caller.organisation)
    if province is None:
        raise Forbidden("This is for authorities that are known here and for the regulator's staff.")
    return Sight(province=province)


def authority_sight(caller: Caller) -> Sight:
    """The rows of the authority that calls. Raises Forbidden for whoever is none."""
    authority = authority_of(caller.organisation)
    if authority is None:
        raise Forbidden("Only the authority that has the clue can do this.")
    return Sight(authority=authority)


def concluding_sight(caller: Caller) -> Sight | None:
    """The rows that a caller may conclude: an authority's own, for national staff any; None for everybody else."""
    if is_national(caller.organisation):
        return EVERYTHING
    authority = authority_of(caller.organisation)
    return None if authority is None else Sight(authority=authority)


def concluder(caller: Caller) -> Sight:
    """As `concluding_sight`. Raises Forbidden where there are none."""
    sight = concluding_sight(caller)
    if sight is None:
        raise Forbidden("Only the authority that has the clue, or national staff, can do this.")
    return sight


def national_staff(caller: Caller) -> None:
    """Raises Forbidden for whoever is not national staff."""
    if not is_national(caller.organisation):
        raise Forbidden("This is for national staff.")
