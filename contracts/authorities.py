"""Authorities: who supervises the offender's industry, by date, and so who gets the clue."""

from __future__ import annotations

from datetime import date
from typing import Final

from contracts.tables import Mark, Row, Table
from contracts.vocabulary import Category

POLICE: Final = "MPS"
"""A suspected crime goes to the police, whatever its industry."""


class Authority(Row, frozen=True, kw_only=True):
    """A ministry or commission, competent for `industries` from `since` (None: always) to before `until` (None: still).

    `own` marks the regulator that runs this platform: what it is competent for is enforced, not referred.
    """

    name: str
    name_zh: str
    industries: tuple[str, ...]
    since: date | None = None
    until: date | None = None
    own: bool = False
    mark: Mark

    def exists(self, on: date) -> bool:
        """Whether it was there on that day."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


AUTHORITIES: Table[Authority] = Table.of(Authority, "authorities.yaml")
"""Every authority there is or was, by code."""


def competent(industry: str, category: Category, on: date) -> Authority | None:
    """The lead authority for a matter that is handed over on that day; None where it is for staff.

    Who is competent is procedure: it goes by the day of the step, since a ministry that is gone receives nothing. A
    message that is no spam concerns nobody, and an industry that is unknown never gets a default authority.
    """
    if category is Category.NOT_SPAM:
        return None
    if category is Category.SUSPECTED_CRIME:
        return AUTHORITIES[POLICE]
    found = (each for each in AUTHORITIES.values() if industry in each.industries and each.exists(on))
    return next(found, None)
