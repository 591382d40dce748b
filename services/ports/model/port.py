"""A port of the register: one number at one carrier, with the history of its filings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec

from chassis.aggregate import Aggregate, Cause, fact
from chassis.disclosure import disclosed
from chassis.event import Event
from chassis.ids import new_id
from contracts.ports import FilingRecorded, PortDeclared
from services.ports.model.filing import PortFiling

PortKey = tuple[str, str]
"""What identifies a port: its carrier and its number."""


class PortStatus(StrEnum):
    """Whether messages may be sent from a port."""

    DECLARED = "declared"
    SHUT = "shut"


@dataclass(kw_only=True)
class Port(Aggregate):
    """One number at one carrier. Its filings are sorted by `valid_from` and never overlap."""

    published_as: ClassVar[type[Event]] = PortDeclared

    carrier: str
    number: str
    access_code: str
    status: PortStatus = PortStatus.DECLARED
    filings: list[PortFiling] = field(default_factory=list)
    history_version: int = 0
    """The version at which each filing of the history was published. It differs from the version where the release that
    published `port-declared.v1` changed the port last."""

    @classmethod
    def unfiled(cls, carrier: str, number: str, access_code: str) -> Port:
        """A port without filings; it enters the register with its first filing."""
        return cls(id=new_id(), carrier=carrier, number=number, access_code=access_code)

    @property
    def key(self) -> PortKey:
        """What identifies it."""
        return self.carrier, self.number

    @property
    def covers_extensions(self) -> bool:
        """Whether any filing of its history also covers longer numbers."""
        return any(each.covers_extensions for each in self.filings)

    @property
    def last(self) -> PortFiling | None:
        """The filing that holds until further notice."""
        return next((each for each in self.filings if each.valid_to is None), None)

    @property
    def filing(self) -> UUID | None:
        """The id of the last filing, as events name it."""
        return None if self.last is None else self.last.id

    def filing_at(self, moment: datetime) -> PortFiling | None:
        """The filing that the present register declares for `moment`."""
        return next((each for each in self.filings if each.holds_at(moment)), None)

    def known_as(self, filing: PortFiling) -> PortFiling | None:
        """The filing that the present register declares for the first day of `filing`, where it has the same content:
        a file that is sent again changes nothing."""
        held = self.filing_at(filing.valid_from)
        return held if held is not None and held.content == filing.content else None

    def declare(self, filing: PortFiling, cause: Cause) -> None:
        """Enter `filing` into the present register: from its `valid_from` it replaces the filing then in force, up to
        the next later filing.

        A filing with the exact date of an older one corrects that one, which stays in the history, empty. What was on
        record before does not change by that.
        """
        later = [each.valid_from for each in self.filings if not each.empty and each.valid_from > filing.valid_from]
        entered = filing.until(min(later, default=None))
        ended = [each.until(filing.valid_from) for each in self.filings if each.holds_at(filing.valid_from)]
        changed = {each.id: each for each in (entered, *ended)}
        kept = [each for each in self.filings if each.id not in changed]
        self.filings = sorted([*kept, *changed.values()], key=lambda each: (each.valid_from, each.recorded_at, each.id))
        self._record(changed.values(), cause)

    def shut(self, cause: Cause) -> None:
        """The carrier has shut it. Nothing changes where it was shut before."""
        if self.status is PortStatus.DECLARED:
            self.status = PortStatus.SHUT
            self._record((), cause)

    def reopen(self, cause: Cause) -> None:
        """The order that shut it was lifted."""
        if self.status is PortStatus.SHUT:
            self.status = PortStatus.DECLARED
            self._record((), cause)

    def publish_history(self, cause: Cause) -> None:
        """Publish each filing, and the port, where the last release published the history as a part of the port."""
        if self.history_version != self.version:
            self._record((), cause)

    def _record(self, changed: Iterable[PortFiling], cause: Cause) -> None:
        """Publish the changed filings, then the port. A history that was never published is published as a whole: this
        fact about the port replaces the one that contains it."""
        for each in changed if self.history_version == self.version else self.filings:
            port = {"carrier": self.carrier, "number": self.number, "access_code": self.access_code}
            filing = msgspec.convert(asdict(each) | port | {"filing": each.id}, FilingRecorded)
            self.record(disclosed(filing), cause)
        self.record(fact(PortDeclared, self), cause)
        self.history_version = self.version
