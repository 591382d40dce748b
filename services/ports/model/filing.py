"""A carrier's filing of a port: its holder, its content provider, its signature, and since when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec

from chassis.aggregate import Aggregate, Cause, fact
from chassis.event import Event
from chassis.ids import new_id
from contracts.ports import FilingDecided


class FilingDecision(StrEnum):
    """The decision on a filing."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class HindranceKind(StrEnum):
    """What can keep a filing out of the register: an order in force on its port, or the listing of an enterprise."""

    ORDER = "order"
    LISTING = "listing"


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What keeps a filing out of the register: an order by its id, a listing by its entry in the credit lists."""

    kind: HindranceKind
    id: UUID

    @property
    def listing(self) -> UUID | None:
        """The entry, where it is a listing."""
        return self.id if self.kind is HindranceKind.LISTING else None


@dataclass(frozen=True, kw_only=True)
class FilingContent:
    """What a carrier files of a port: the parties, the signature and the use. The order of the fields is that of the
    digest."""

    holder: str
    holder_name: str
    provider: str
    provider_name: str
    signature: str
    purpose: str
    province: str | None
    covers_extensions: bool

    @property
    def content(self) -> dict[str, object]:
        """The values of these fields, by name."""
        return {name: getattr(self, name) for name in _CONTENT}

    def digest(self, declared_from: datetime | None) -> bytes:
        """SHA-256 of the content and of the declared begin: identifies a filing that is sent again. Without a declared
        begin it holds from its decision on, which is another moment each time."""
        since = "" if declared_from is None else declared_from.timestamp()
        parts = "\x1f".join(str(part) for part in (*self.content.values(), since))
        return hashlib.sha256(parts.encode()).digest()


_CONTENT = tuple(each.name for each in fields(FilingContent))


@dataclass(frozen=True, kw_only=True)
class PortFiling(FilingContent):
    """One entry of a port's history.

    In the present register it holds from `valid_from` up to, but not including, `valid_to` (None: until further
    notice); `recorded_at` is when it entered the register, which may be long after. An entry that a correction replaced
    is empty: `valid_to` equals `valid_from`.

    `on_record_from` is since when it decides who is responsible for messages (`contracts.register`); None in what
    release 0.1.0 stored: since `valid_from`. `initial`: it is of the carrier's initial load.
    `filed_by` are the persons of the regulator who filed it, in an initial load too: they are in the chain of what it
    decides. None where its carrier filed it.
    """

    id: UUID
    valid_from: datetime
    valid_to: datetime | None
    recorded_at: datetime
    on_record_from: datetime | None
    initial: bool
    filed_by: tuple[str, ...]

    @classmethod
    def of(
        cls,
        content: FilingContent,
        *,
        valid_from: datetime,
        recorded_at: datetime,
        grace: timedelta,
        initial: bool,
        filed_by: tuple[str, ...],
    ) -> PortFiling:
        """A new entry with this content, until further notice. Unless it is initial, it is on record at most `grace`
        before it is recorded."""
        found = {
            "id": new_id(),
            "valid_from": valid_from,
            "valid_to": None,
            "recorded_at": recorded_at,
            "on_record_from": valid_from if initial else max(valid_from, recorded_at - grace),
            "initial": initial,
            "filed_by": filed_by,
        }
        return msgspec.convert(content.content | found, cls)

    @property
    def filing(self) -> UUID:
        """Its id, as events name it."""
        return self.id

    @property
    def empty(self) -> bool:
        """Whether it holds at no moment at all."""
        return self.valid_to is not None and self.valid_to <= self.valid_from

    def holds_at(self, moment: datetime) -> bool:
        """Whether the present register declares it for `moment`."""
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)

    def until(self, moment: datetime | None) -> PortFiling:
        """The same filing, ended at `moment`."""
        return self if moment == self.valid_to else replace(self, valid_to=moment)


@dataclass(kw_only=True)
class Application(Aggregate):
    """A carrier's request to enter a filing into the register. It is decided once, and at once; its id is that of the
    filing."""

    published_as: ClassVar[type[Event]] = FilingDecided

    carrier: str
    number: str
    filed: PortFiling
    digest: bytes
    decision: FilingDecision | None = None
    reasons: tuple[str, ...] = ()
    hindrance: Hindrance | None = None
    """What keeps a refused filing out of the register."""

    def accept(self, because: Cause) -> None:
        """The filing enters the register."""
        self._decide(FilingDecision.ACCEPTED, because)

    def refuse(self, hindrance: Hindrance, reasons: tuple[str, ...], because: Cause) -> None:
        """The filing stays out of the register, because of `hindrance`."""
        self.hindrance = hindrance
        self.reasons = reasons
        self._decide(FilingDecision.REFUSED, because)

    def _decide(self, decision: FilingDecision, because: Cause) -> None:
        self.decision = decision
        self.record(fact(FilingDecided, self), because)

    @property
    def filing(self) -> UUID:
        """Its id, as events name it."""
        return self.id

    @property
    def holder(self) -> str:
        """The port's enterprise, by its credit code."""
        return self.filed.holder

    @property
    def provider(self) -> str:
        """The content provider, by its credit code."""
        return self.filed.provider

    @property
    def listing(self) -> UUID | None:
        """The entry of the credit lists because of which it was refused."""
        return None if self.hindrance is None else self.hindrance.listing

    @property
    def decided_at(self) -> datetime:
        """When it was decided: when the filing was recorded."""
        return self.filed.recorded_at
