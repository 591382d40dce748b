"""What the register of ports had on record at a moment: the one rule of it, for every service that reads the register.

The present register states what holds now, and for which past time it is declared. What was on record when a message
was sent decides who is responsible for it: a filing that is recorded later, for a time before, does not change that.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID


class FilingOnRecord(Protocol):
    """A filing in the history of a port. `on_record_from` None: from `valid_from` on."""

    @property
    def filing(self) -> UUID: ...
    @property
    def valid_from(self) -> datetime: ...
    @property
    def valid_to(self) -> datetime | None: ...
    @property
    def on_record_from(self) -> datetime | None: ...


F = TypeVar("F", bound=FilingOnRecord)


def on_record_since(filing: FilingOnRecord) -> datetime:
    """Since when a filing counts, unless a later one does."""
    return filing.on_record_from or filing.valid_from


def on_record_at(history: Iterable[F], moment: datetime) -> F | None:
    """The filing of a port that was on record at `moment`: of those that counted by then, the one that began last.

    Its end is not read: a successor sets it, and ends nothing before it is on record itself.
    """
    return max((each for each in history if on_record_since(each) <= moment), key=began, default=None)


def on_record_until(filing: F, history: Iterable[F]) -> datetime | None:
    """When a filing stops to be on record because one that began later is; None without one. At or before
    `on_record_since` where it was never on record."""
    later = (on_record_since(each) for each in history if began(each) > began(filing))
    return min(later, default=None)


def declared_for(history: Iterable[F], moment: datetime) -> F | None:
    """The filing that the present register declares for `moment`, whether or not it was on record then.

    The facts about the filings of a port are received in any order: until the end of the former filing is received, it
    overlaps with the one that replaced it. The later one holds.
    """
    return max((each for each in history if _declares(each, moment)), key=began, default=None)


def began(filing: FilingOnRecord) -> tuple[datetime, UUID]:
    """What sorts the filings of a port: their start; of the same start, the one that was entered later corrects the
    other, and ids sort by time."""
    return filing.valid_from, filing.filing


def _declares(filing: FilingOnRecord, moment: datetime) -> bool:
    """Whether `moment` is in its time; its end is the first moment that is not."""
    return filing.valid_from <= moment and (filing.valid_to is None or moment < filing.valid_to)
