"""Who may see and who may act: national staff everything, a provincial administration the enterprises registered in its
province; carriers and authorities check standings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from chassis.http.auth import Caller
from chassis.http.problems import Forbidden
from chassis.http.targets import target, target_of_person
from chassis.target import Target
from contracts.organisations import authority_of, carrier_of, is_national, province_of
from services.credit.model import province_of_code

CHECK = "credit:check"
READ = "credit:read"
READ_QUARANTINE = "credit:quarantine"
PROPOSE = "credit:propose"
DECIDE = "credit:decide"


@dataclass(frozen=True, slots=True)
class Visibility:
    """The entries that a caller may see: those of one province's enterprises, where one is named; otherwise all."""

    province: str | None = None

    def includes(self, province: str) -> bool:
        """Whether entries of enterprises that are registered in this province may be seen."""
        return self.province in (None, province)


EVERYTHING = Visibility()


def visible_to_staff(caller: Caller) -> Visibility:
    """What staff may see: national staff everything, provincial staff their province. Raises Forbidden for others."""
    if is_national(caller.organisation):
        return EVERYTHING
    province = province_of(caller.organisation)
    if province is None:
        raise Forbidden("Only the regulator's staff may use this.")
    return Visibility(province=province)


def require_national_staff(caller: Caller) -> None:
    """Raises Forbidden for any caller but national staff."""
    if not is_national(caller.organisation):
        raise Forbidden("Only national staff may use this.")


def require_known_organisation(caller: Caller) -> None:
    """Raises Forbidden for any caller but a registered carrier, an authority or staff."""
    organisation = caller.organisation
    if not (carrier_of(organisation) or authority_of(organisation)):
        visible_to_staff(caller)


def may_propose(caller: Caller, code: str) -> bool:
    """Whether staff may propose this enterprise: a provincial administration those registered in its province. Raises
    Forbidden for any caller but staff."""
    return visible_to_staff(caller).includes(province_of_code(code))


EntryToNotify = Annotated[Target[Visibility], target(PROPOSE, visible_to_staff)]
"""The entry about which staff issue a notice to its enterprise."""
EntryToContest = Annotated[Target[Visibility], target(PROPOSE, visible_to_staff)]
"""The entry for which staff record an objection."""
EntryToDecide = Annotated[Target[Visibility], target_of_person(DECIDE, visible_to_staff)]
"""The entry that a person of the staff decides."""
WithdrawalToReview = Annotated[Target[Visibility], target_of_person(DECIDE, visible_to_staff)]
"""The entry whose withdrawal a person of the staff reviews."""
EntryToEnd = Annotated[Target[Visibility], target(DECIDE, visible_to_staff)]
"""The entry that staff repair or withdraw."""
