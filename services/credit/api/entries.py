"""Entries of the credit lists: staff propose, record objections, decide, repair and withdraw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from chassis.http.auth import Caller, requires
from chassis.http.idempotency import OnceOnly
from chassis.http.paging import Page, PageQuery
from chassis.http.preconditions import IfMatch, Precondition
from chassis.http.problems import Forbidden, FourEyes, NotFound, responses
from chassis.http.responses import answered, created
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from contracts.vocabulary import CreditList, Tier
from services.credit.api.callers import DECIDE, PROPOSE, READ, national_staff, staff_sight
from services.credit.api.codes import read_code
from services.credit.api.problems import (
    CauseIsNoGround,
    ContestPeriodOver,
    ContestPeriodRuns,
    EntryStateConflict,
    RepairTooEarly,
)
from services.credit.commands.entries import (
    Decision,
    Upon,
    decide_entry,
    record_objection,
    repair_entry,
    withdraw_entry,
)
from services.credit.commands.proposals import CAUSE, Form, propose_by_hand
from services.credit.model import Entry, EntryState, Ground, Withdrawal
from services.credit.model.entry import province_of_code
from services.credit.views import entries as views
from services.credit.views.statistics import Statistics, count_everything

router = Router(tags=["entries"])

_Words = Annotated[str, Field(min_length=1, max_length=500)]
_Cause = Annotated[str, Field(pattern=f"^{CAUSE.pattern}$", examples=["clue:019e1640-c780-7000-8000-000000000501"])]
_STATEMENT = Field(min_length=1, max_length=4_000)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EntryIn(_Strict):
    """An enterprise that staff propose for a credit list. Facts, article and name are published when it is listed: they
    name no person."""

    code: str = Field(max_length=64, description="unified social credit code", examples=["91990000MA0HMYX219"])
    name: str | None = Field(None, min_length=1, max_length=200, description="as the register has it, without one")
    list: CreditList
    tier: Tier
    facts: Sequence[_Words] = Field(min_length=1, max_length=20, description="what it stands on, in words")
    article: _Words = Field(description="the law that it stands on")
    causes: Sequence[_Cause] = Field((), max_length=100, description="clues and orders that it stands on")


class Objection(_Strict):
    """What the enterprise says against the proposal."""

    statement: str = _STATEMENT


class DecisionIn(_Strict):
    """What becomes of a proposal, and why."""

    decision: Decision
    reason: str = Field(min_length=1, max_length=1_000)


class Repair(_Strict):
    """How the enterprise put right what it was listed for."""

    statement: str = _STATEMENT


class WithdrawalIn(_Strict):
    """Why a proposal or a listing is taken back."""

    reason: Literal["decision-annulled", "mistake"]
    note: str = Field(min_length=1, max_length=1_000)


@router.get("/entries")
def list_entries(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ)],
    state: EntryState | None = None,
    code: str | None = None,
    ground: Ground | None = None,
    credit_list: Annotated[CreditList | None, Query(alias="list")] = None,
    tier: Tier | None = None,
) -> Page[views.EntryView]:
    """Entries, the oldest first: a provincial administration sees those of its province's enterprises."""
    sight = staff_sight(caller)
    wanted = {
        "state": state,
        "code": None if code is None else read_code(code, "query", "/code"),
        "ground": ground,
        "list": credit_list,
        "tier": tier,
    }
    return page.of(views.list_entries(read, page, sight, wanted), key=lambda entry: (entry.id,))


@router.get("/entries/{id}", response_model=views.EntryView)
def get_entry(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> Response:
    """One entry."""
    view = views.find_entry(read, id, staff_sight(caller))
    if view is None:
        raise NotFound
    return answered(view, version=view.version)


@router.post("/entries", status_code=201, response_model=views.EntryView, responses=responses(CauseIsNoGround))
def propose(entry: EntryIn, tx: WriteTx, once: OnceOnly, caller: Annotated[Caller, requires(PROPOSE)]) -> Response:
    """Propose an enterprise for a credit list. Another person decides."""
    code = read_code(entry.code, "body", "/code")
    if not staff_sight(caller).sees(province_of_code(code)):
        raise Forbidden("A provincial administration proposes enterprises that are registered in its province.")
    form = Form(
        code=code,
        name=entry.name,
        list=entry.list,
        tier=entry.tier,
        facts=tuple(entry.facts),
        article=entry.article,
        causes=tuple(dict.fromkeys(entry.causes)),
    )

    def act() -> Response:
        proposed = propose_by_hand(tx, form, caller)
        view = views.EntryView.of(proposed)
        return created(view, location=f"/entries/{view.id}", version=view.version)

    return once(tx, caller, act)


@router.post(
    "/entries/{id}/objection",
    response_model=views.EntryView,
    responses=responses(EntryStateConflict, ContestPeriodOver),
)
def contest(
    id: UUID,
    objection: Objection,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(PROPOSE)],
) -> Response:
    """Record that the enterprise contests the proposal, and what it says."""
    upon = _upon(id, seen, caller)
    return once(tx, caller, lambda: _answered(lambda: record_objection(tx, upon, objection.statement)))


@router.post(
    "/entries/{id}/decision",
    response_model=views.EntryView,
    responses=responses(EntryStateConflict, ContestPeriodRuns, FourEyes),
)
def decide(
    id: UUID,
    decided: DecisionIn,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(DECIDE)],
) -> Response:
    """Confirm or reject a proposal of the rules, or of somebody else."""
    upon = _upon(id, seen, caller)
    return once(tx, caller, lambda: _answered(lambda: decide_entry(tx, upon, decided.decision, decided.reason)))


@router.post(
    "/entries/{id}/repair", response_model=views.EntryView, responses=responses(EntryStateConflict, RepairTooEarly)
)
def repair(
    id: UUID,
    repaired: Repair,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(DECIDE)],
) -> Response:
    """The enterprise put it right: it is not published any more, and what the listing restricted ends at once."""
    upon = _upon(id, seen, caller)
    return once(tx, caller, lambda: _answered(lambda: repair_entry(tx, upon, repaired.statement)))


@router.post("/entries/{id}/withdrawal", response_model=views.EntryView, responses=responses(EntryStateConflict))
def withdraw(
    id: UUID,
    withdrawn: WithdrawalIn,
    tx: WriteTx,
    once: OnceOnly,
    seen: IfMatch,
    caller: Annotated[Caller, requires(DECIDE)],
) -> Response:
    """Take a proposal or a listing back: its decision was annulled, or it was a mistake."""
    upon, reason = _upon(id, seen, caller), Withdrawal(withdrawn.reason)
    return once(tx, caller, lambda: _answered(lambda: withdraw_entry(tx, upon, reason, withdrawn.note)))


@router.get("/statistics", tags=["statistics"])
def count(read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> Statistics:
    """How many entries, listed enterprises and orders there are, of one moment."""
    national_staff(caller)
    return count_everything(read)


def _upon(id: UUID, seen: Precondition, caller: Caller) -> Upon:
    return Upon(id, staff_sight(caller), caller, seen.check)


def _answered(act: Callable[[], Entry]) -> Response:
    entry = act()
    return answered(views.EntryView.of(entry), version=entry.version)
