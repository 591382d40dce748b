"""A service that has only routes: parcels are sent and opened."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

import sqlalchemy as sa
from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from chassis import audit, clock
from chassis.database import Database, Key, Read, StaleAggregateError, metadata
from chassis.http import problems
from chassis.http.app import ReadTx, WriteTx
from chassis.http.auth import Caller, public, requires
from chassis.http.idempotency import KeyUse, key_use
from chassis.http.limits import limited
from chassis.http.operations import located
from chassis.http.paging import Page, PageQuery
from chassis.http.preconditions import IfMatch
from chassis.http.problems import Conflict, NotFound
from chassis.http.queries import page_rows
from chassis.http.routes import Router
from chassis.http.validation import consumes
from chassis.ids import new_id
from chassis.rates import ClientRate, Rate
from chassis.rules import Rulebook

METADATA = metadata()
PARCELS = sa.Table(
    "parcels",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("org", Key, nullable=False),
    sa.Column("road", Key, nullable=False),
    sa.Column("grams", sa.Integer, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("state", Key, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
    # Checked at the commit, after the route has returned.
    sa.UniqueConstraint("label", deferrable=True, initially="DEFERRED"),
)


@dataclass
class Gate:
    """Lets a test hold a route between its first and its last statement."""

    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)


gates: dict[str, Gate] = {}


class NewParcel(BaseModel):
    """A parcel to send."""

    model_config = ConfigDict(extra="forbid")

    road: str = Field(min_length=1, max_length=40)
    grams: int = Field(ge=1, le=1_000_000)
    label: str = Field("", max_length=80)


class ParcelView(BaseModel):
    """A parcel as its sender sees it."""

    id: UUID
    road: str
    grams: int
    label: str
    state: Literal["sent", "opened"]
    version: int
    sent_at: datetime

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls.model_validate(row, from_attributes=True)


class ParcelOpen(Conflict):
    """The parcel was opened earlier."""

    slug = "parcel-open"
    title = "The parcel is already open"
    description = "A parcel can be opened once."


router = Router(tags=["parcels"])
Sender = Annotated[Caller, requires("parcels:send")]
Reader = Annotated[Caller, requires("parcels:read")]


def find(tx: Read, parcel: UUID, caller: Caller) -> Any:
    """The row of one of the caller's parcels."""
    row = tx.execute(
        sa.select(PARCELS).where(PARCELS.c.id == parcel, PARCELS.c.org == caller.organisation)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


@router.post("/parcels", status_code=201)
@located("/parcels/{id}")
def send_parcel(new: NewParcel, caller: Sender, tx: WriteTx) -> ParcelView:
    """Send a parcel."""
    gate = gates.get(new.road)
    row = {
        "id": new_id(),
        "org": caller.organisation,
        "state": "sent",
        "version": 1,
        "sent_at": clock.now(),
        "road": new.road,
        "grams": new.grams,
        "label": new.label or str(new_id()),
    }
    tx.execute(PARCELS.insert().values(row))
    if gate is not None:
        gate.reached.set()
        gate.opened.wait(10)
    return ParcelView(**row)


@router.get("/parcels")
def list_parcels(
    caller: Reader, read: ReadTx, page: PageQuery, road: Annotated[str | None, Query(max_length=40)] = None
) -> Page[ParcelView]:
    """The caller's parcels, oldest first."""
    columns = PARCELS.c
    statement = sa.select(PARCELS).where(columns.org == caller.organisation)
    if road is not None:
        statement = statement.where(columns.road == road)
    after = page.after(datetime, UUID)
    if after is not None:
        statement = statement.where(sa.tuple_(columns.sent_at, columns.id) > after)
    rows = read.execute(statement.order_by(columns.sent_at, columns.id).limit(page.limit)).all()
    return page.of(page_rows(rows, ParcelView.of, key=lambda row: (row.sent_at, row.id)))


@router.get("/parcels/{parcel}")
def read_parcel(parcel: UUID, caller: Reader, read: ReadTx) -> ParcelView:
    """One of the caller's parcels."""
    return ParcelView.of(find(read, parcel, caller))


@router.post("/parcels/{parcel}/opening", responses=problems.responses(ParcelOpen))
@key_use(KeyUse.REQUIRED)
def open_parcel(parcel: UUID, caller: Sender, tx: WriteTx, seen: IfMatch) -> ParcelView:
    """Open a parcel, once."""
    row = find(tx, parcel, caller)
    seen.check(row.version)
    if row.state == "opened":
        raise ParcelOpen(f"It was opened as version {row.version}.")
    done = tx.execute(
        PARCELS.update()
        .where(PARCELS.c.id == parcel, PARCELS.c.version == row.version)
        .values(state="opened", version=row.version + 1)
    ).rowcount
    if not done:
        raise StaleAggregateError
    audit.record(tx, caller, "parcel-opened", f"parcel:{parcel}", "inspection")
    return ParcelView.of(find(tx, parcel, caller))


class StampRate(ClientRate, frozen=True, kw_only=True):
    """How many stamps may be bought."""

    code: ClassVar[str] = "rate.stamps"


class ClockRate(Rate, frozen=True, kw_only=True):
    """How often the clock may be read."""

    code: ClassVar[str] = "rate.clock"


RULES = Rulebook(
    """
packs: {few: three for a client and two for an address, load: many for a client}
rules:
  rate.stamps:
    - {pack: few, legal_source: none, mark: D, parameters: {per_client: 3, per_address: 2, window: 1h}}
    - {pack: load, legal_source: none, mark: D, parameters: {per_client: 100, per_address: 2, window: 1h}}
  rate.clock:
    - {pack: few, legal_source: none, mark: D, parameters: {per_address: 2, window: 1h}}
""",
    [StampRate, ClockRate],
)


class StampsWanted(BaseModel):
    """An order of stamps."""

    count: int


@router.post("/stamps", include_in_schema=False)
@limited(RULES, StampRate)
async def buy_stamps(wanted: StampsWanted, caller: Sender) -> dict[str, int]:
    """Buy stamps."""
    return {"count": wanted.count}


@router.get("/clock", include_in_schema=False)
@public
@limited(RULES, ClockRate)
async def read_clock() -> dict[str, str]:
    """The time."""
    return {"time": clock.now().isoformat()}


@router.post("/loads", status_code=202)
@consumes("text/csv", "application/gzip", limit=1024 * 1024)
async def weigh_load(request: Request, caller: Sender) -> dict[str, int]:
    """Count the bytes of a file without storing it."""
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
    return {"bytes": total}


@router.get("/roads")
@public
def roads(read: ReadTx) -> list[str]:
    """All roads."""
    return list(read.execute(sa.select(PARCELS.c.road).distinct().order_by(PARCELS.c.road).limit(100)).scalars())


class Lines(Response):
    """One JSON document per line."""

    media_type = "application/x-ndjson"


@router.get("/manifest", response_class=Lines)
@public
def manifest(read: ReadTx) -> Lines:
    """All roads, as a file."""
    return Lines("".join(f'"{road}"\n' for road in read.execute(sa.select(PARCELS.c.road).distinct()).scalars()))


@router.post("/statements/{kind}", status_code=204, include_in_schema=False)
@key_use(KeyUse.NONE)
def run_statement(kind: Literal["deadlock", "check", "number", "bug"], caller: Sender, tx: WriteTx) -> None:
    """Fail with one kind of error."""
    match kind:
        case "deadlock":
            tx.execute(sa.text("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$"))
        case "check":
            tx.execute(sa.text("DO $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '23514'; END $$"))
        case "number":
            tx.execute(sa.text("SELECT CAST(:number AS integer)"), {"number": 2**40})
        case "bug":
            raise RuntimeError("the secret is 13800138000")


@dataclass(frozen=True)
class Parcels:
    """The parts of a service that its API needs."""

    name: str = "parcels"
    title: str = "Parcels"
    routers: tuple[Router, ...] = (router,)

    def has_persons(self, organisation: str) -> bool:
        return organisation.startswith("regulator:")


def create_tables(database: Database) -> None:
    """Create the tables of the service and of the chassis."""
    from chassis.database import MECHANISM

    with database.engine.begin() as connection:
        MECHANISM.create_all(connection)
        METADATA.create_all(connection)
