"""Which authority a clue goes to, by the day of the step: what is gone receives nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from chassis.rules import LEGAL_TIME
from contracts.authorities import AUTHORITIES, competent
from contracts.industries import INDUSTRIES
from services.referrals.model.place import category_of


def day_of(moment: datetime) -> date:
    """The day of the legal calendar on which a moment falls."""
    return moment.astimezone(LEGAL_TIME).date()


def authority_for(industry: str, on: date) -> str | None:
    """The code of the authority that is competent on that day; None where it is for staff to say."""
    found = competent(industry, category_of(industry), on)
    return None if found is None else found.code


def may_be_routed_to(authority: str, on: date) -> bool:
    """Whether staff may name this authority on that day: one that exists then, the regulator itself included."""
    return authority in AUTHORITIES and AUTHORITIES[authority].exists(on)


@dataclass(frozen=True, slots=True)
class Heir:
    """An authority that is gone, an industry, and who took that over from it."""

    authority: str
    industry: str
    addressee: str


class Addressees:
    """To whom clues are handed over on one day."""

    def __init__(self, on: date) -> None:
        self.standing = sorted(each.code for each in AUTHORITIES.values() if each.exists(on) and not each.own)
        """The authorities that receive what is collected for them."""
        self.heirs = [heir for each in AUTHORITIES.values() if not each.exists(on) for heir in _heirs(each.code, on)]
        """Who receives what was collected for one that is gone, by industry."""
        self._inherited = {(each.authority, each.industry): each.addressee for each in self.heirs}

    def of(self, authority: str | None, industry: str) -> str | None:
        """Who receives a clue that is collected for `authority`; None where nobody does: the regulator's own and what
        is left to staff."""
        if authority is None or authority in self.standing:
            return authority
        return self._inherited.get((authority, industry))


def _heirs(authority: str, on: date) -> list[Heir]:
    found = []
    for industry in INDUSTRIES:
        heir = authority_for(industry, on)
        if heir is not None and not AUTHORITIES[heir].own:
            found.append(Heir(authority, industry, heir))
    return found
