"""A port of the register: one number at one carrier, with the history of its filings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chassis.aggregate import Aggregate, Cause
from chassis.ids import new_id
from contracts.ports import PortDeclared
from services.ports.model.filing import Filing


class PortStatus(StrEnum):
    """Whether messages may be sent from a port."""

    DECLARED = "declared"
    SHUT = "shut"


@dataclass(kw_only=True)
class Port(Aggregate):
    """One number at one carrier. Its filings are sorted by `valid_from` and never overlap."""

    carrier: str
    number: str
    access_code: str
    status: PortStatus = PortStatus.DECLARED
    filings: list[Filing] = field(default_factory=list)

    @classmethod
    def unfiled(cls, carrier: str, number: str, access_code: str) -> Port:
        """A port of which nothing is filed yet; it enters the register with its first filing."""
        return cls(id=new_id(), carrier=carrier, number=number, access_code=access_code)

    @property
    def covers_extensions(self) -> bool:
        """Whether any filing of its history answers for longer numbers, too."""
        return any(each.covers_extensions for each in self.filings)

    @property
    def last(self) -> Filing | None:
        """The filing that holds until further notice: the register's last word."""
        return next((each for each in self.filings if each.valid_to is None), None)

    def filing_at(self, moment: datetime) -> Filing | None:
        """The filing in force at `moment`."""
        return next((each for each in self.filings if each.holds_at(moment)), None)

    def known_as(self, filing: Filing) -> Filing | None:
        """The filing by which the register already says what `filing` says, from its day on until the next change."""
        held = self.filing_at(filing.valid_from)
        return held if held is not None and held.says_the_same(filing) else None

    def declare(self, filing: Filing, cause: Cause) -> None:
        """Enter `filing`: from its `valid_from` it takes the place of what held then, up to the next later filing.

        A filing with the very date of an older one corrects that one, which stays in the history, empty.
        """
        later = [each.valid_from for each in self.filings if not each.empty and each.valid_from > filing.valid_from]
        entered = filing.until(min(later, default=None))
        kept = [each.until(filing.valid_from) if each.holds_at(filing.valid_from) else each for each in self.filings]
        self.filings = sorted([*kept, entered], key=lambda each: (each.valid_from, each.recorded_at, each.id))
        self._declared(cause)

    def shut(self, cause: Cause) -> None:
        """The carrier has shut it. A port that is shut stays so."""
        if self.status is PortStatus.DECLARED:
            self.status = PortStatus.SHUT
            self._declared(cause)

    def reopen(self, cause: Cause) -> None:
        """The order that shut it was lifted."""
        if self.status is PortStatus.SHUT:
            self.status = PortStatus.DECLARED
            self._declared(cause)

    def _declared(self, cause: Cause) -> None:
        self.record(
            PortDeclared(
                carrier=self.carrier,
                number=self.number,
                access_code=self.access_code,
                status=self.status,
                filings=tuple(each.published() for each in self.filings),
            ),
            cause,
        )
