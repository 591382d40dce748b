"""Shutdown by hand: one of staff proposes it, another decides. Carriers see the orders that follow, not this."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from chassis.http.answers import answered, created
from chassis.http.auth import Caller, requires
from chassis.http.idempotency import OnceOnly
from chassis.http.paging import Page, PageQuery
from chassis.http.preconditions import IfMatch
from chassis.http.problems import FourEyes, Invalid, NotFound, responses
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from contracts.carriers import CARRIERS
from contracts.numbers import NumberKind, SenderNumber
from services.ports.api.callers import DECIDE_ORDERS, PROPOSE_ORDERS, READ_ORDERS, staff_sight
from services.ports.api.conflicts import PortIsOrdered, PortIsProposed, ProposalStateConflict
from services.ports.commands.orders import Upon
from services.ports.commands.proposals import decide_proposal, propose_shutdown
from services.ports.model import ProposalState, Verdict
from services.ports.store.register import Place
from services.ports.views import proposals as views

router = Router(tags=["shutdown proposals"])


class ProposalIn(BaseModel):
    """A port that one of staff wants shut, and why."""

    model_config = ConfigDict(extra="forbid")

    carrier: str = Field(max_length=64, examples=["CMCC"])
    number: str = Field(max_length=64, description="a number on the plan, filed or not", examples=["10690123566571"])
    reason: str = Field(min_length=1, max_length=1_000)


class DecisionIn(BaseModel):
    """What somebody else decides about a proposal, and why."""

    model_config = ConfigDict(extra="forbid")

    decision: Verdict
    reason: str = Field(min_length=1, max_length=1_000)


@router.post(
    "/shutdown-proposals",
    status_code=201,
    response_model=views.ProposalView,
    responses=responses(NotFound, PortIsProposed),
)
def propose(
    proposed: ProposalIn, tx: WriteTx, once: OnceOnly, caller: Annotated[Caller, requires(PROPOSE_ORDERS)]
) -> Response:
    """Propose to shut a port: national staff any, a provincial administration those filed for its province."""
    sight = staff_sight(caller)
    place = _place(proposed)

    def act() -> Response:
        proposal = propose_shutdown(tx, place, proposed.reason, sight, caller)
        view = views.ProposalView.model_validate(proposal)
        return created(view, location=f"/shutdown-proposals/{proposal.id}", version=proposal.version)

    return once(tx, caller, act)


@router.get("/shutdown-proposals")
def list_proposals(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ_ORDERS)],
    state: ProposalState | None = None,
    carrier: str | None = None,
    number: str | None = None,
    listing: UUID | None = None,
) -> Page[views.ProposalView]:
    """Proposals, the oldest first: national staff see all, a provincial administration those of ports filed for its
    province."""
    wanted = {"state": state, "carrier": carrier, "number": number, "listing": listing}
    found = views.list_proposals(read, page, staff_sight(caller), wanted)
    return page.of(found, key=lambda proposal: (proposal.id,))


@router.get("/shutdown-proposals/{id}", response_model=views.ProposalView)
def get_proposal(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ_ORDERS)]) -> Response:
    """One proposal."""
    view = views.find_proposal(read, id, staff_sight(caller))
    if view is None:
        raise NotFound
    return answered(view, version=view.version)


@router.post(
    "/shutdown-proposals/{id}/decision",
    response_model=views.ProposalView,
    responses=responses(FourEyes, ProposalStateConflict, PortIsOrdered),
)
def decide(
    id: UUID,
    decided: DecisionIn,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(DECIDE_ORDERS)],
) -> Response:
    """Somebody else than who proposed it decides. The port is ordered shut at once, an enterprise's ports by and by."""
    upon = Upon(id, staff_sight(caller), seen.check)

    def act() -> Response:
        proposal = decide_proposal(tx, upon, decided.decision, decided.reason, caller)
        return answered(views.ProposalView.model_validate(proposal), version=proposal.version)

    return once(tx, caller, act)


def _place(proposed: ProposalIn) -> Place:
    number = SenderNumber.parse(proposed.number)
    if proposed.carrier not in CARRIERS:
        raise Invalid.value("body", "/carrier", "must be a carrier that is known here")
    if number.kind is not NumberKind.PORT or number.access is None:
        raise Invalid.value("body", "/number", "not a number on an access code of the numbering plan")
    return proposed.carrier, number.number
