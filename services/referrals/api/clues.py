"""Clues: authorities return, extend and conclude their own; staff route them, and conclude those for which no other
authority is competent."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.http.auth import Caller, requires
from chassis.http.faults import form
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import Forbidden, responses
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from contracts.numbers import as_searched
from contracts.vocabulary import SubjectKind
from services.referrals.access import READ, AuthorityClue, ConcluderClue, StaffClue, visible_to, visible_to_staff
from services.referrals.api.forms import AnnulmentIn, ConclusionIn, ExtensionIn, ReturnIn, RoutingIn
from services.referrals.api.problems import ClueStateConflict, ExtensionRefused
from services.referrals.commands.clues import annul_conclusion, conclude_clue, extend_clue, return_clue, route_clue
from services.referrals.model import ClueState
from services.referrals.views import clues as views

router = Router(tags=["clues"])

ACTS = responses(ClueStateConflict)

_SUBJECT = form("^(enterprise|signature|number):.+", "must be enterprise:, signature: or number: and its value")


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
        Query(pattern=_SUBJECT, description="kind and value", examples=["number:13900001234"]),
    ] = None,
    overdue: Annotated[bool | None, Query(description="whether a deadline has passed without a conclusion")] = None,
    unrouted: Annotated[bool | None, Query(description="whether no authority is known to be competent")] = None,
    complaint: Annotated[UUID | None, Query(description="for staff: the clue that this complaint is in now")] = None,
) -> Page[views.ClueView]:
    """Clues by the hour in which they were opened: an authority sees those handed over to it, a provincial
    administration those with complaints of its province."""
    visibility = visible_to(caller)
    if complaint is not None and visibility.authority is not None:
        raise Forbidden("Only the regulator's staff may search clues by complaint.")
    kind, _, value = (subject or "").partition(":")
    if kind == SubjectKind.NUMBER:
        value = as_searched(value)
    wanted = views.ClueFilter(
        columns={"state": state, "industry": industry, "period": period, "authority": authority}
        | {"subject_kind": kind or None, "subject_value": value or None},
        overdue=overdue,
        unrouted=unrouted,
        complaint=complaint,
    )
    return page.of(views.list_clues(read, page, visibility, wanted))


@router.get("/clues/{id}")
def get_clue(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> views.ClueView:
    """One clue."""
    return views.find_clue(read, id, visible_to(caller))


@router.get("/clues/{id}/complaints")
def list_complaints(
    id: UUID, read: ReadTx, page: PageQuery, caller: Annotated[Caller, requires(READ)]
) -> Page[views.ClueComplaintView]:
    """The complaints that are in a clue now, for staff. Complaints of a sealed clue may have been corrected since."""
    found = views.list_complaints(read, page, id, visible_to_staff(caller))
    return page.of(found)


@router.post("/clues/{id}/return", responses=ACTS)
def return_to_regulator(clue: AuthorityClue, returned: ReturnIn, tx: WriteTx) -> views.ClueView:
    """The authority is not competent and returns the clue: staff route it to another authority."""
    found = return_clue(tx, clue, returned.reason, returned.note, returned.suggested)
    return views.ClueView.of(found, clue.visibility)


@router.post("/clues/{id}/extension", responses=responses(ClueStateConflict, ExtensionRefused))
def extend(clue: AuthorityClue, extension: ExtensionIn, tx: WriteTx) -> views.ClueView:
    """The authority extends its deadline: once, and before the deadline has passed."""
    return views.ClueView.of(extend_clue(tx, clue, extension.reason), clue.visibility)


@router.post("/clues/{id}/conclusion", responses=ACTS)
def conclude(clue: ConcluderClue, conclusion: ConclusionIn, tx: WriteTx) -> views.ClueView:
    """The authority reports what it found and did, also after the deadline; national staff conclude clues for which no
    other authority is competent."""
    return views.ClueView.of(conclude_clue(tx, clue, conclusion.conclusion), clue.visibility)


@router.post("/clues/{id}/annulment", responses=ACTS)
def annul(clue: ConcluderClue, annulment: AnnulmentIn, tx: WriteTx) -> views.ClueView:
    """The decision that the conclusion reports was annulled: what depends on it falls (Penalty Law Art. 48)."""
    return views.ClueView.of(annul_conclusion(tx, clue, annulment.reason), clue.visibility)


@router.post("/clues/{id}/routing", responses=ACTS)
def route(clue: StaffClue, routing: RoutingIn, tx: WriteTx) -> views.ClueView:
    """National staff name the competent authority: of an open clue that has none, or of a returned clue."""
    return views.ClueView.of(route_clue(tx, clue, routing.authority, routing.reason), clue.visibility)
