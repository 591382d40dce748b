"""Filings, and the register of ports."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from chassis import clock
from chassis.http.auth import Caller, requires
from chassis.http.operations import located
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import Forbidden
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from contracts.vocabulary import Purpose
from services.ports.access import FILE, READ_PORTS, may_file_for, visible_to
from services.ports.api.parameters import NumberInPath, NumberInQuery
from services.ports.commands.filings import FilingOutcome, file_ports
from services.ports.commands.forms import NAME_LENGTH, SIGNATURE_LENGTH, read_form
from services.ports.model import FilingDecision
from services.ports.views import register as views

router = Router(tags=["register"])


class FilingIn(BaseModel):
    """A filing of a port by its carrier."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(max_length=64, description="an access code, or longer", examples=["10690123566571"])
    carrier: str = Field(max_length=64, examples=["CMCC"])
    province: str | None = Field(
        None, max_length=6, description="six digits (GB/T 2260); required on access codes for one province"
    )
    holder_uscc: str = Field(max_length=64, description="unified social credit code of the port's enterprise")
    holder_name: str = Field(max_length=NAME_LENGTH)
    provider_uscc: str = Field(max_length=64, description="unified social credit code of the content provider")
    provider_name: str = Field(max_length=NAME_LENGTH)
    signature: str = Field(max_length=SIGNATURE_LENGTH, description="the signature in the messages, without brackets")
    purpose: Purpose
    declared_from: str | None = Field(
        None,
        max_length=10,
        description="the day from which it holds; without it, from now on",
        examples=["2026-05-01"],
        json_schema_extra={"format": "date"},
    )
    covers_extensions: bool = Field(False, description="whether it also covers longer numbers that begin with this one")


@router.post("/filings", status_code=201)
@located("/filings/{id}")
def file_port(
    filing: FilingIn, response: Response, tx: WriteTx, caller: Annotated[Caller, requires(FILE)]
) -> views.FilingView:
    """File a port: carriers their own, national staff any.

    The decision is immediate: `accepted` into the register, or `refused` with reasons while a credit list forbids its
    holder or provider new ports, or while an order in force has shut the port. For a filing that the register already
    has, the response is 200 with that filing.
    """
    if not may_file_for(caller, filing.carrier):
        raise Forbidden("A carrier files its own ports.")
    fields = filing.model_dump(exclude={"covers_extensions"})
    form = read_form(fields, covers_extensions=filing.covers_extensions, now=clock.now())
    (result,) = file_ports(tx, [form])
    if result.outcome is FilingOutcome.KNOWN:
        response.status_code = 200
    return views.find_filing(tx, result.filing, visible_to(caller))


@router.get("/filings")
def list_filings(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ_PORTS)],
    decision: FilingDecision | None = None,
    carrier: str | None = None,
    number: NumberInQuery = None,
    listing: Annotated[UUID | None, Query(description="the entry of the credit lists that refused it")] = None,
) -> Page[views.FilingView]:
    """Filings and their decisions, the oldest first: a carrier sees its own, a provincial administration those for its
    province."""
    wanted: dict[str, str | None] = {"decision": decision, "carrier": carrier, "number": number}
    found = views.list_filings(read, page, visible_to(caller), wanted, listing)
    return page.of(found)


@router.get("/filings/{id}")
def get_filing(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ_PORTS)]) -> views.FilingView:
    """A filing and its decision."""
    return views.find_filing(read, id, visible_to(caller))


@router.get("/ports")
def list_ports(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ_PORTS)],
    number: NumberInQuery = None,
    access_code: NumberInQuery = None,
    carrier: str | None = None,
) -> Page[views.PortView]:
    """Ports of the register with their history, in the order in which they were first filed."""
    wanted = {"number": number, "access_code": access_code, "carrier": carrier}
    return page.of(views.list_ports(read, page, visible_to(caller), wanted))


@router.get("/ports/{carrier}/{number}")
def get_port(
    carrier: str, number: NumberInPath, read: ReadTx, caller: Annotated[Caller, requires(READ_PORTS)]
) -> views.PortView:
    """One port with its history."""
    return views.find_port(read, carrier, number, visible_to(caller))
