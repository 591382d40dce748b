"""Where a complaint belongs: the clue on a subject, for an industry, in a quarter."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.industries import CRIME
from contracts.vocabulary import Category, SubjectKind

PlaceKey = tuple[str, str, str, str]
"""Kind and value of the subject, industry, period: what a row is looked up by."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whom it is about, under which industry, in which quarter its complaints were received (2026Q2).

    A place has one open clue at most; what comes after that was sealed opens the next.
    """

    kind: SubjectKind
    value: str
    industry: str
    period: str

    @property
    def category(self) -> Category:
        """What its messages are to the law."""
        return category_of(self.industry)

    @property
    def subject(self) -> tuple[str, str]:
        """Kind and value of the subject: what is locked by whoever changes what is collected about it."""
        return self.kind, self.value

    @property
    def key(self) -> PlaceKey:
        """All that tells it from other places."""
        return self.kind, self.value, self.industry, self.period


def category_of(industry: str) -> Category:
    """What the messages of a clue are to the law: `crime` holds all that are suspected crimes, and no others."""
    return Category.SUSPECTED_CRIME if industry == CRIME else Category.COMMERCIAL
