"""Where a complaint belongs: the clues about one subject, for one industry, in one quarter."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.industries import CRIME
from contracts.vocabulary import Category, SubjectKind

PlaceKey = tuple[str, str, str, str]
"""Kind and value of the subject, industry, period: the fields of a place."""


@dataclass(frozen=True, slots=True)
class Place:
    """A subject, an industry, and the quarter in which the complaints were received (2026Q2).

    The fields are named as their columns are. A place has at most one open clue; complaints that arrive after its
    sealing open the next one.
    """

    subject_kind: SubjectKind
    subject_value: str
    industry: str
    period: str

    @property
    def category(self) -> Category:
        """The legal category of its messages."""
        return category_of(self.industry)

    @property
    def subject_key(self) -> tuple[str, str]:
        """Kind and value of the subject: the row to lock before its clues change."""
        return self.subject_kind, self.subject_value

    @property
    def key(self) -> PlaceKey:
        """The place as a key of rows."""
        return self.subject_kind, self.subject_value, self.industry, self.period


def category_of(industry: str) -> Category:
    """The legal category of an industry's messages: `crime` contains all suspected crimes and nothing else."""
    return Category.SUSPECTED_CRIME if industry == CRIME else Category.COMMERCIAL
