"""Clues: authorities return, extend and conclude their own; staff route them, and conclude what is nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from chassis import clock
from chassis.http.auth import Caller, requires
from chassis.http.idempotency import OnceOnly
from chassis.http.paging import Page, PageQuery
from chassis.http.preconditions import IfMatch
from chassis.http.problems import Forbidden, Invalid, NotFound, responses
from chassis.http.responses import answered
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from services.referrals.api.callers import (
    ACT,
    READ,
    ROUTE,
    authority_sight,
    concluder,
    national_staff,
    sight_of,
    staff_sight,
)
from services.referrals.api.forms import AnnulmentIn, ConclusionIn, ExtensionIn, ReturnIn, RoutingIn, known_authority
from services.referrals.api.problems import ClueStateConflict, ExtensionRefused
from services.referrals.commands.clues import (
    Upon,
    annul_conclusion,
    conclude_clue,
    conclude_ourselves,
    extend_clue,
    return_clue,
    route_clue,
)
from services.referrals.model import Clue, ClueState
from services.referrals.policy.competence import day_of, may_be_routed_to
from services.referrals.policy.conclusions import IncoherentError
from services.referrals.store.sight import EVERYTHING, Sight
from services.referrals.views import clues as views

router = Router(tags=["clues"])

ACTS = responses(ClueStateConflict)


@router.get("/clues")
def list_clues(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ)],
    state: ClueState | None = None,
    industry: str | None = None,
    period: str | None = None,
    authority: str | None = None,
    subject: Annotated[
        str | None,
        Query(
            pattern="^(enterprise|signature|number):.+", description="kind and value", examples=["number:13900001234"]
        ),
    ] = None,
    overdue: Annotated[bool | None, Query(description="whether a deadline has passed without a conclusion")] = None,
    unrouted: Annotated[bool | None, Query(description="whether nobody is known to be competent")] = None,
    complaint: Annotated[UUID | None, Query(description="for staff: the clue that this complaint is in now")] = None,
) -> Page[views.ClueView]:
    """Clues by the hour in which they were opened: an authority sees what was handed over to it, a provincial
    administration what people of its province complained of."""
    sight = sight_of(caller)
    if complaint is not None and sight.authority is not None:
        raise Forbidden("Which complaints a clue stands on is for the regulator's staff.")
    kind, _, value = (subject or "").partition(":")
    wanted = views.Wanted(
        columns={
            "state": state,
            "industry": industry,
            "period": period,
            "authority": authority,
            "subject_kind": kind or None,
            "subject_value": value or None,
        },
        overdue=overdue,
        unrouted=unrouted,
        complaint=complaint,
    )
    return page.of(views.list_clues(read, page, sight, wanted), key=lambda clue: (clue.id,))


@router.get("/clues/{id}", response_model=views.ClueView)
def get_clue(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> Response:
    """One clue."""
    view = views.find_clue(read, id, sight_of(caller))
    if view is None:
        raise NotFound
    return answered(view, version=view.version)


@router.get("/clues/{id}/complaints")
def list_complaints(
    id: UUID, read: ReadTx, page: PageQuery, caller: Annotated[Caller, requires(READ)]
) -> Page[views.ComplaintView]:
    """The complaints that are in a clue now, for staff. Of a sealed one some may have been corrected since."""
    sight = staff_sight(caller)
    if views.find_clue(read, id, sight) is None:
        raise NotFound
    return page.of(views.list_complaints(read, page, id, sight), key=lambda complaint: (complaint.id,))


@router.post("/clues/{id}/return", response_model=views.ClueView, responses=ACTS)
def give_back(
    id: UUID,
    returned: ReturnIn,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(ACT)],
) -> Response:
    """The authority is not the one to deal with it: staff route it to another."""
    sight = authority_sight(caller)
    if returned.suggested is not None:
        known_authority(returned.suggested, "/suggested")

    def act() -> Clue:
        return return_clue(tx, Upon(id, sight, seen.check), returned.reason, returned.note, returned.suggested)

    return once(tx, caller, lambda: _answered(sight, act))


@router.post(
    "/clues/{id}/extension", response_model=views.ClueView, responses=responses(ClueStateConflict, ExtensionRefused)
)
def extend(
    id: UUID,
    extension: ExtensionIn,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(ACT)],
) -> Response:
    """The authority takes more time: once, and before the deadline has passed."""
    sight = authority_sight(caller)
    return once(
        tx, caller, lambda: _answered(sight, lambda: extend_clue(tx, Upon(id, sight, seen.check), extension.reason))
    )


@router.post("/clues/{id}/conclusion", response_model=views.ClueView, responses=ACTS)
def conclude(
    id: UUID,
    conclusion: ConclusionIn,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(ACT)],
) -> Response:
    """The authority says what it found and did, late as well; national staff of what is nobody else's."""
    sight = concluder(caller)
    upon, said = Upon(id, sight, seen.check), conclusion.conclusion

    def act() -> Clue:
        try:
            return conclude_ourselves(tx, upon, said, caller) if sight == EVERYTHING else conclude_clue(tx, upon, said)
        except IncoherentError as error:
            faults = [{"in": "body", "pointer": f"/{each.field}", "detail": each.detail} for each in error.faults]
            raise Invalid(errors=faults) from error

    return once(tx, caller, lambda: _answered(sight, act))


@router.post("/clues/{id}/annulment", response_model=views.ClueView, responses=ACTS)
def annul(
    id: UUID,
    annulment: AnnulmentIn,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(ACT)],
) -> Response:
    """The decision that the conclusion tells of was annulled: what stands on it falls (Penalty Law Art. 48)."""
    sight = concluder(caller)

    def act() -> Clue:
        return annul_conclusion(tx, Upon(id, sight, seen.check), annulment.reason, caller)

    return once(tx, caller, lambda: _answered(sight, act))


@router.post("/clues/{id}/routing", response_model=views.ClueView, responses=ACTS)
def route(
    id: UUID,
    routing: RoutingIn,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(ROUTE)],
) -> Response:
    """National staff say who is competent: for an open clue of which nobody knew, or for one that was returned."""
    national_staff(caller)
    if not may_be_routed_to(routing.authority, day_of(clock.now())):
        raise Invalid.value("body", "/authority", "there is no such authority today")

    def act() -> Clue:
        return route_clue(tx, Upon(id, EVERYTHING, seen.check), routing.authority, routing.reason, caller)

    return once(tx, caller, lambda: _answered(EVERYTHING, act))


def _answered(sight: Sight, act: Callable[[], Clue]) -> Response:
    clue = act()
    return answered(views.ClueView.of(clue, sight), version=clue.version)
