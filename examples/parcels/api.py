"""The routes of the parcels service."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.http.auth import Caller, requires
from chassis.http.operations import located
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import Problem, responses
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from chassis.http.words import Words
from examples.parcels import views
from examples.parcels.access import READ, SEND, ParcelTarget, visible_to
from examples.parcels.commands import deliver_parcel, send_parcel
from examples.parcels.model import ParcelState
from examples.parcels.store import count_arrivals

router = Router(tags=["parcels"])


class ParcelStateConflict(Problem):
    slug = "parcel-state"
    status = 409
    title = "The state of the parcel does not allow this"
    description = "A parcel is delivered once. `detail` states when that was."


class ParcelIn(BaseModel):
    """A parcel to send."""

    model_config = ConfigDict(extra="forbid")

    recipient: Words = Field(min_length=1, max_length=200, examples=["收发室"])


class ParcelStatistics(BaseModel):
    """Counts of the caller's delivered parcels."""

    arrived: int
    late: int


@router.post("/parcels", status_code=201)
@located("/parcels/{id}")
def send(new: ParcelIn, tx: WriteTx, caller: Annotated[Caller, requires(SEND)]) -> views.ParcelView:
    """Send a parcel."""
    return views.ParcelView.model_validate(send_parcel(tx, caller.organisation, new.recipient))


@router.get("/parcels")
def list_parcels(
    read: ReadTx, page: PageQuery, caller: Annotated[Caller, requires(READ)], state: ParcelState | None = None
) -> Page[views.ParcelView]:
    """Parcels, the oldest first."""
    return page.of(views.list_parcels(read, page, visible_to(caller), state))


@router.get("/parcels/{id}")
def get_parcel(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> views.ParcelView:
    """One parcel."""
    return views.find_parcel(read, id, visible_to(caller))


@router.post("/parcels/{id}/delivery", responses=responses(ParcelStateConflict))
def deliver(parcel: ParcelTarget, tx: WriteTx) -> views.ParcelView:
    """Deliver a parcel."""
    return views.ParcelView.model_validate(deliver_parcel(tx, parcel))


@router.get("/statistics", tags=["statistics"])
def count(read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> ParcelStatistics:
    """How many parcels of the caller have arrived."""
    arrived, late = count_arrivals(read, caller.organisation)
    return ParcelStatistics(arrived=arrived, late=late)
