"""The standing of an enterprise: every restriction that is in force for it now, or none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chassis.aggregate import Aggregate, Cause
from chassis.ids import new_id
from contracts.credit import Restriction, StandingChanged


@dataclass(kw_only=True)
class Standing(Aggregate):
    """What an enterprise is restricted in, by the entries that are effective for it. The restrictions are sorted by
    the moment since when they are in force."""

    code: str
    restrictions: tuple[Restriction, ...] = ()

    @classmethod
    def unlisted(cls, code: str) -> Standing:
        """The standing of an enterprise that never was on a list; it is kept from its first restriction on."""
        return cls(id=new_id(), code=code)

    def restate(self, restrictions: Iterable[Restriction], because: Cause) -> bool:
        """These are all restrictions now. False when they were before: nobody is told of what did not change."""
        now = tuple(sorted(restrictions, key=lambda each: (each.since, each.entry)))
        if now == self.restrictions:
            return False
        self.restrictions = now
        self.record(StandingChanged(code=self.code, restrictions=now), because)
        return True
