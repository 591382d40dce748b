"""Authorities: which authority supervises an industry on a date, and therefore receives the clue."""

from __future__ import annotations

from datetime import date
from typing import Final

from contracts.tables import Mark, Row, Table
from contracts.vocabulary import Category

POLICE: Final = "MPS"
"""A suspected crime is referred to the police, for every industry."""


class Authority(Row, frozen=True, kw_only=True):
    """A ministry or commission, competent for `industries` from `since` (None: no start) until before `until` (None: no
    end).

    `own` marks the regulator that runs this platform: it enforces its own matters and receives no clue.
    """

    name: str
    name_zh: str
    industries: tuple[str, ...]
    since: date | None = None
    until: date | None = None
    own: bool = False
    mark: Mark

    def exists(self, on: date) -> bool:
        """Whether it exists on that day."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


AUTHORITIES: Table[Authority] = Table.of(Authority, "authorities.yaml")
"""Every current and former authority, by code."""


def competent(industry: str, category: Category, on: date) -> Authority | None:
    """The lead authority for a matter that is handed over on that day; None where staff must route it.

    Competence is procedure: the day of the step decides, because a dissolved ministry receives nothing. A message that
    is not spam has no authority, and an unknown industry never gets a default authority.
    """
    if category is Category.NOT_SPAM:
        return None
    if category is Category.SUSPECTED_CRIME:
        return AUTHORITIES[POLICE]
    found = (each for each in AUTHORITIES.values() if industry in each.industries and each.exists(on))
    return next(found, None)
