"""Who may see and who may act: an organisation its own parcels, national staff all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from chassis.http.auth import Caller
from chassis.http.targets import target
from chassis.target import Target
from contracts.organisations import is_national

SEND = "parcels:send"
READ = "parcels:read"
DELIVER = "parcels:deliver"


@dataclass(frozen=True, slots=True)
class Visibility:
    """The parcels that a caller may see: those of one sender, where one is named; otherwise all."""

    sender: str | None = None

    def includes(self, sender: str) -> bool:
        """Whether a parcel of this sender may be seen."""
        return self.sender in (None, sender)


def visible_to(caller: Caller) -> Visibility:
    """What a caller may see."""
    return Visibility() if is_national(caller.organisation) else Visibility(caller.organisation)


ParcelTarget = Annotated[Target[Visibility], target(DELIVER, visible_to)]
"""The parcel that is delivered."""
