"""Filings, and the register of ports."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Body, Query
from starlette.responses import Response

from chassis import clock
from chassis.http.auth import Caller, requires
from chassis.http.limits import limited
from chassis.http.operations import located
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import Forbidden
from chassis.http.records import RecordBody
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from services.ports.access import FILE, READ_PORTS, may_file_for, visible_to
from services.ports.api.parameters import NumberInPath, NumberInQuery
from services.ports.commands.filings import FilingOutcome, file_ports
from services.ports.commands.forms import FilingLine, read_form
from services.ports.model import FilingDecision
from services.ports.policy.rulebook import RULES, FilingRate, grace_of_single_filings
from services.ports.views import register as views

router = Router(tags=["register"])


FilingIn = Annotated[FilingLine, Body(), RecordBody("FilingIn")]
"""A filing of a port by its carrier."""


@router.post("/filings", status_code=201)
@located("/filings/{id}")
@limited(RULES, FilingRate)
def file_port(
    filing: FilingIn, response: Response, tx: WriteTx, caller: Annotated[Caller, requires(FILE)]
) -> views.FilingView:
    """File a port: carriers their own, national staff any.

    The decision is immediate: `accepted` into the register, or `refused` with reasons while a credit list forbids its
    holder or provider new ports, or while an order in force has shut the port. For a filing that the register already
    has, the response is 200 with that filing.
    """
    form = read_form(filing, clock.now())
    if not may_file_for(caller, form.carrier):
        raise Forbidden("A carrier files its own ports.")
    (result,) = file_ports(tx, [form], grace_of_single_filings)
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
