"""Which authority is competent for a clue, by the day of the step: an authority that was dissolved receives nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from contracts.authorities import AUTHORITIES, competent
from contracts.industries import INDUSTRIES
from services.referrals.model.place import category_of


def authority_for(industry: str, on: date) -> str | None:
    """The code of the authority that is competent on that day; None where staff have to decide."""
    found = competent(industry, category_of(industry), on)
    return None if found is None else found.code


def can_be_routed_to(authority: str, on: date) -> bool:
    """Whether staff may route to this authority: it exists on that day. The regulator itself is one."""
    return authority in AUTHORITIES and AUTHORITIES[authority].exists(on)


@dataclass(frozen=True, slots=True)
class Succession:
    """A dissolved authority, an industry, and the authority that took over that industry."""

    authority: str
    industry: str
    successor: str


class Addressees:
    """The authorities that receive clues on one day."""

    def __init__(self, on: date) -> None:
        self.existing = sorted(each.code for each in AUTHORITIES.values() if each.exists(on) and not each.own)
        """The authorities that receive what is collected for them."""
        self.successions = [
            succession
            for each in AUTHORITIES.values()
            if not each.exists(on)
            for succession in _successions(each.code, on)
        ]
        """Where the clues of dissolved authorities go, by industry."""
        self._successors = {(each.authority, each.industry): each.successor for each in self.successions}

    def of(self, authority: str | None, industry: str) -> str | None:
        """The authority that receives a clue collected for `authority`. None: it stays with staff, because no authority
        is competent or the regulator itself is."""
        if authority is None or authority in self.existing:
            return authority
        return self._successors.get((authority, industry))


def _successions(authority: str, on: date) -> list[Succession]:
    found = []
    for industry in INDUSTRIES:
        successor = authority_for(industry, on)
        if successor is not None and not AUTHORITIES[successor].own:
            found.append(Succession(authority, industry, successor))
    return found
