"""Who may see and who may act: an authority the clues handed over to it, a provincial administration the clues with
complaints of its province, the ministry all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from chassis.http.auth import Caller
from chassis.http.problems import Forbidden
from chassis.http.targets import target
from chassis.target import Target
from contracts.organisations import authority_of, is_national, province_of
from services.referrals.model import HANDED_OVER, Clue

READ = "clues:read"
READ_QUARANTINE = "clues:quarantine"
ACT = "clues:act"
ROUTE = "clues:route"


@dataclass(frozen=True, slots=True)
class Visibility:
    """The rows that a caller may see: those of one authority, or of one province, where one is named; otherwise all."""

    authority: str | None = None
    province: str | None = None

    @property
    def everything(self) -> bool:
        """Whether the caller is national staff."""
        return self.authority is None and self.province is None

    def includes_for_acts(self, clue: Clue) -> bool:
        """Whether the caller may act on this clue: an authority on its own after the hand-over, national staff on any.
        Provincial staff only read."""
        if self.authority is None:
            return self.province is None
        return clue.authority == self.authority and clue.state in HANDED_OVER


EVERYTHING = Visibility()


def visible_to(caller: Caller) -> Visibility:
    """What an authority or staff may see. Raises Forbidden for any other caller."""
    visibility = _visibility_of(caller)
    if visibility is None:
        raise Forbidden("Only registered authorities and the regulator's staff may use this.")
    return visibility


def visible_to_staff(caller: Caller) -> Visibility:
    """What staff may see: national staff everything, provincial staff their province. Raises Forbidden for others."""
    visibility = _visibility_of(caller)
    if visibility is None or visibility.authority is not None:
        raise Forbidden("Only the regulator's staff may use this.")
    return visibility


def visible_to_national_staff(caller: Caller) -> Visibility:
    """Everything, for national staff. Raises Forbidden for any other caller."""
    require_national_staff(caller)
    return EVERYTHING


def visible_to_authority(caller: Caller) -> Visibility:
    """What an authority may see. Raises Forbidden for any other caller."""
    visibility = _visibility_of(caller)
    if visibility is None or visibility.authority is None:
        raise Forbidden("Only the authority that received the clue or batch may do this.")
    return visibility


def visible_to_concluder(caller: Caller) -> Visibility:
    """As `concludable_by`. Raises Forbidden where the caller may not conclude clues."""
    visibility = concludable_by(caller)
    if visibility is None:
        raise Forbidden("Only the authority that received the clue, or national staff, may do this.")
    return visibility


def concludable_by(caller: Caller) -> Visibility | None:
    """The clues that a caller may conclude: an authority its own, national staff any; None for other callers."""
    visibility = _visibility_of(caller)
    return None if visibility is None or visibility.province is not None else visibility


def require_national_staff(caller: Caller) -> None:
    """Raises Forbidden for any caller but national staff."""
    if not is_national(caller.organisation):
        raise Forbidden("Only national staff may use this.")


def _visibility_of(caller: Caller) -> Visibility | None:
    if is_national(caller.organisation):
        return EVERYTHING
    authority, province = authority_of(caller.organisation), province_of(caller.organisation)
    return Visibility(authority, province) if authority or province else None


AuthorityClue = Annotated[Target[Visibility], target(ACT, visible_to_authority)]
"""The clue that its authority acts on."""
ConcluderClue = Annotated[Target[Visibility], target(ACT, visible_to_concluder)]
"""The clue that its authority, or national staff, conclude or annul."""
StaffClue = Annotated[Target[Visibility], target(ROUTE, visible_to_national_staff)]
"""The clue that national staff route."""
