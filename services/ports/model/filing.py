"""A carrier's filing of a port: who holds it, for whom, under which signature, since when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.aggregate import Aggregate, Cause
from contracts import ports as facts


class Decision(StrEnum):
    """What became of a filing."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class HindranceKind(StrEnum):
    """What may keep a filing out of the register: an order in force on its port, or the listing of an enterprise."""

    ORDER = "order"
    LISTING = "listing"


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What stands in the way of a filing: an order by its id, a listing by its entry in the credit lists."""

    kind: HindranceKind
    id: UUID

    @property
    def listing(self) -> UUID | None:
        """The entry, where it is a listing."""
        return self.id if self.kind is HindranceKind.LISTING else None


@dataclass(frozen=True, kw_only=True)
class Filing:
    """One entry of a port's history.

    It holds from `valid_from` up to, but not including, `valid_to` (None: until further notice); `recorded_at` is
    when the register learned of it, which may be long after. An entry that a correction replaced is empty:
    `valid_to` equals `valid_from`.
    """

    id: UUID
    holder: str
    holder_name: str
    provider: str
    provider_name: str
    signature: str
    purpose: str
    province: str | None
    covers_extensions: bool
    valid_from: datetime
    valid_to: datetime | None
    recorded_at: datetime

    @property
    def empty(self) -> bool:
        """Whether it holds at no moment at all."""
        return self.valid_to is not None and self.valid_to <= self.valid_from

    def holds_at(self, moment: datetime) -> bool:
        """Whether it is in force at `moment`."""
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)

    def until(self, moment: datetime | None) -> Filing:
        """The same filing, ended at `moment`."""
        return self if moment == self.valid_to else replace(self, valid_to=moment)

    def says_the_same(self, other: Filing) -> bool:
        """Whether both name the same parties, signature and use, whenever they hold."""
        return self._content == other._content

    @property
    def _content(self) -> tuple[object, ...]:
        return (
            self.holder, self.holder_name, self.provider, self.provider_name, self.signature, self.purpose,
            self.province, self.covers_extensions,
        )  # fmt: skip

    @property
    def digest(self) -> bytes:
        """SHA-256 of what was filed, date included: a filing that is sent again is known by it."""
        said = "\x1f".join(str(part) for part in (*self._content, self.valid_from.timestamp()))
        return hashlib.sha256(said.encode()).digest()

    def published(self) -> facts.Filing:
        """As it stands in the port's snapshot."""
        return facts.Filing(
            filing=self.id,
            holder=self.holder,
            holder_name=self.holder_name,
            provider=self.provider,
            provider_name=self.provider_name,
            signature=self.signature,
            purpose=self.purpose,
            province=self.province,
            covers_extensions=self.covers_extensions,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )


@dataclass(kw_only=True)
class Application(Aggregate):
    """A filing on its way to a decision, which is made at once and stands."""

    carrier: str
    number: str
    filing: Filing
    decision: Decision
    reasons: tuple[str, ...]
    hindrance: Hindrance | None
    """What stood in the way of a refused one."""

    @classmethod
    def accept(cls, carrier: str, number: str, filing: Filing, cause: Cause) -> Application:
        """The filing enters the register."""
        return cls._decided(carrier, number, filing, Decision.ACCEPTED, (), None, cause)

    @classmethod
    def refuse(
        cls, carrier: str, number: str, filing: Filing, reasons: tuple[str, ...], hindrance: Hindrance, cause: Cause
    ) -> Application:
        """The filing stays out of the register, because of `hindrance`."""
        return cls._decided(carrier, number, filing, Decision.REFUSED, reasons, hindrance, cause)

    @classmethod
    def _decided(
        cls,
        carrier: str,
        number: str,
        filing: Filing,
        decision: Decision,
        reasons: tuple[str, ...],
        hindrance: Hindrance | None,
        cause: Cause,
    ) -> Application:
        made = cls(
            id=filing.id,
            carrier=carrier,
            number=number,
            filing=filing,
            decision=decision,
            reasons=reasons,
            hindrance=hindrance,
        )
        made.record(
            facts.FilingDecided(
                filing=filing.id,
                carrier=carrier,
                number=number,
                holder=filing.holder,
                provider=filing.provider,
                decision=decision,
                reasons=reasons,
                listing=None if hindrance is None else hindrance.listing,
                decided_at=filing.recorded_at,
            ),
            cause,
        )
        return made
