"""Shutdown by a decision: staff or the rules propose, another person decides. Carriers see only the orders that
follow."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.http.auth import Caller, requires
from chassis.http.operations import located
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import FourEyes, Invalid, NotFound, responses
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from chassis.http.words import Words
from contracts.carriers import CARRIERS
from contracts.numbers import SenderNumber
from services.ports.access import PROPOSE_ORDERS, READ_ORDERS, StaffProposal, visible_to_staff
from services.ports.api.parameters import NumberInQuery
from services.ports.api.problems import PortIsOrdered, PortIsProposed, ProposalStateConflict
from services.ports.commands.forms import carrier_error, number_error
from services.ports.commands.proposals import decide_proposal, propose_shutdown
from services.ports.model import PortKey, ProposalState, Verdict
from services.ports.views import proposals as views

router = Router(tags=["shutdown proposals"])


class ProposalIn(BaseModel):
    """A port that staff want shut, and why."""

    model_config = ConfigDict(extra="forbid")

    carrier: str = Field(max_length=64, examples=["CMCC"])
    number: str = Field(max_length=64, description="a number on the plan, filed or not", examples=["10690123566571"])
    reason: Words = Field(min_length=1, max_length=1_000)


class ProposalDecisionIn(BaseModel):
    """The decision of a second person on a proposal, and why."""

    model_config = ConfigDict(extra="forbid")

    decision: Verdict
    reason: Words = Field(min_length=1, max_length=1_000)


@router.post("/shutdown-proposals", status_code=201, responses=responses(NotFound, PortIsProposed))
@located("/shutdown-proposals/{id}")
def propose(
    proposed: ProposalIn, tx: WriteTx, caller: Annotated[Caller, requires(PROPOSE_ORDERS)]
) -> views.ProposalView:
    """Propose to shut a port: national staff any port, provincial staff those filed for their province."""
    visibility = visible_to_staff(caller)
    proposal = propose_shutdown(tx, _port(proposed), proposed.reason, visibility, caller)
    return views.ProposalView.model_validate(proposal)


@router.get("/shutdown-proposals")
def list_proposals(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ_ORDERS)],
    state: ProposalState | None = None,
    carrier: str | None = None,
    number: NumberInQuery = None,
    listing: UUID | None = None,
) -> Page[views.ProposalView]:
    """Proposals, the oldest first: national staff see all, a provincial administration those of ports filed for its
    province."""
    wanted = {"state": state, "carrier": carrier, "number": number, "listing": listing}
    found = views.list_proposals(read, page, visible_to_staff(caller), wanted)
    return page.of(found)


@router.get("/shutdown-proposals/{id}")
def get_proposal(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ_ORDERS)]) -> views.ProposalView:
    """One proposal."""
    return views.find_proposal(read, id, visible_to_staff(caller))


@router.post("/shutdown-proposals/{id}/decision", responses=responses(FourEyes, ProposalStateConflict, PortIsOrdered))
def decide(proposal: StaffProposal, decided: ProposalDecisionIn, tx: WriteTx) -> views.ProposalView:
    """A person decides who is not in the chain of the ground. One port is ordered shut at once, the ports of an
    enterprise in batches."""
    return views.ProposalView.model_validate(decide_proposal(tx, proposal, decided.decision, decided.reason))


def _port(proposed: ProposalIn) -> PortKey:
    number = SenderNumber.parse(proposed.number)
    if proposed.carrier not in CARRIERS:
        raise Invalid.of_fields([carrier_error(proposed.carrier)])
    if number.access is None:
        raise Invalid.of_fields([number_error(proposed.number)])
    return proposed.carrier, number.number
