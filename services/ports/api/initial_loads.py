"""Initial loads: national staff open and close the load of a carrier's first register."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.http.auth import Caller, requires, requires_person
from chassis.http.operations import located
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import FourEyes, Invalid, responses
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from chassis.http.words import Words
from contracts.carriers import CARRIERS
from services.ports.access import INITIAL_LOAD, READ_PORTS, OpenedLoad, require_national_staff
from services.ports.api.problems import CarrierIsLoaded, LoadIsClosed
from services.ports.commands.forms import carrier_error
from services.ports.commands.initial_loads import close_load, open_load
from services.ports.views import initial_loads as views

router = Router(tags=["initial loads"])

Reason = Annotated[Words | None, Field(min_length=1, max_length=1_000)]


class InitialLoadIn(BaseModel):
    """The carrier whose first register is filed now."""

    model_config = ConfigDict(extra="forbid")

    carrier: str = Field(max_length=64, examples=["CMCC"])
    reason: Reason = None


class ClosingIn(BaseModel):
    """Why the load is complete."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = None


@router.post("/initial-loads", status_code=201, responses=responses(CarrierIsLoaded))
@located("/initial-loads/{id}")
def open_initial_load(
    opened: InitialLoadIn, tx: WriteTx, caller: Annotated[Caller, requires_person(INITIAL_LOAD)]
) -> views.InitialLoadView:
    """Open the initial load of a carrier, once: until it is closed, what is filed of its ports is on record from its
    own begin. National staff only."""
    require_national_staff(caller)
    if opened.carrier not in CARRIERS:
        raise Invalid.of_fields([carrier_error(opened.carrier)])
    return views.InitialLoadView.model_validate(open_load(tx, opened.carrier, opened.reason, caller))


@router.get("/initial-loads")
def list_initial_loads(
    read: ReadTx, page: PageQuery, caller: Annotated[Caller, requires(READ_PORTS)], carrier: str | None = None
) -> Page[views.InitialLoadView]:
    """Initial loads, the oldest first. National staff only."""
    require_national_staff(caller)
    return page.of(views.list_loads(read, page, carrier))


@router.get("/initial-loads/{id}")
def get_initial_load(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ_PORTS)]) -> views.InitialLoadView:
    """One initial load."""
    require_national_staff(caller)
    return views.find_load(read, id)


@router.post("/initial-loads/{id}/closing", responses=responses(FourEyes, LoadIsClosed))
def close_initial_load(load: OpenedLoad, closing: ClosingIn, tx: WriteTx) -> views.InitialLoadView:
    """Close the initial load, by another person than the one who opened it: a filing from now on counts for messages at
    most a few days before it is recorded."""
    return views.InitialLoadView.model_validate(close_load(tx, load, closing.reason))
