"""Entries: staff propose them, record objections, decide, repair, withdraw and review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chassis.http.auth import Caller, requires
from chassis.http.faults import form
from chassis.http.operations import located
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import Forbidden, FourEyes, responses
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from chassis.http.words import Words
from contracts.vocabulary import CreditList, ReviewOutcome, Tier
from services.credit import views
from services.credit.access import (
    PROPOSE,
    READ,
    EntryToContest,
    EntryToDecide,
    EntryToEnd,
    WithdrawalToReview,
    may_propose,
    require_national_staff,
    visible_to_staff,
)
from services.credit.api.parameters import CreditCodeText, parse_code
from services.credit.api.problems import (
    CauseIsNoGround,
    ContestPeriodOver,
    ContestPeriodRuns,
    EntryStateConflict,
    RepairTooEarly,
)
from services.credit.commands.entries import (
    CAUSE,
    EntryDecision,
    decide_entry,
    propose_by_hand,
    record_objection,
    repair_entry,
    review_withdrawal,
    withdraw_entry,
)
from services.credit.model import EntryState, EntryWithdrawal, ListingGround, ProposedListing

router = Router(tags=["entries"])

_Words = Annotated[Words, Field(min_length=1, max_length=500)]
_CAUSE = form(f"^{CAUSE.pattern}$", "must be clue: or order: and its id (UUID)")
_Cause = Annotated[str, Field(pattern=_CAUSE, examples=["clue:019e1640-c780-7000-8000-000000000501"])]
_STATEMENT = Field(min_length=1, max_length=4_000)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EntryIn(_Strict):
    """An enterprise that staff propose for a credit list. Facts, article and name are published with the listing: they
    must not name a person."""

    code: Annotated[
        str,
        Field(max_length=64, description="unified social credit code", examples=["91990000MA0HMYX219"]),
        AfterValidator(parse_code),
    ]
    name: Words | None = Field(None, min_length=1, max_length=200, description="default: the name in the port register")
    list: CreditList
    tier: Tier
    facts: Sequence[_Words] = Field(min_length=1, max_length=20, description="the grounds in words")
    article: _Words = Field(description="the provision that is applied")
    causes: Sequence[_Cause] = Field((), max_length=100, description="the clues and orders that support it")


class Objection(_Strict):
    """The enterprise's objection to the proposal."""

    statement: Words = _STATEMENT
    waives_term: bool = Field(False, description="the enterprise waives the rest of the contest period, in writing")


class EntryDecisionIn(_Strict):
    """The decision on a proposal, and its reason."""

    decision: EntryDecision
    reason: Words = Field(min_length=1, max_length=1_000)


class Repair(_Strict):
    """How the enterprise has corrected the breach."""

    statement: Words = _STATEMENT


class EntryWithdrawalIn(_Strict):
    """Why a proposal or a listing is withdrawn."""

    reason: Literal["decision-annulled", "mistake"]
    note: Words = Field(min_length=1, max_length=1_000)


class WithdrawalReviewIn(_Strict):
    """The outcome of the review of a withdrawal, and why."""

    outcome: ReviewOutcome
    reason: Words = Field(min_length=1, max_length=1_000)


@router.get("/entries")
def list_entries(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ)],
    state: EntryState | None = None,
    code: CreditCodeText | None = None,
    ground: ListingGround | None = None,
    credit_list: Annotated[CreditList | None, Query(alias="list")] = None,
    tier: Tier | None = None,
    withdrawal_to_review: Annotated[bool | None, Query(description="whether its withdrawal waits for a review")] = None,
) -> Page[views.EntryView]:
    """Entries, the oldest first: a provincial administration sees those of its province's enterprises."""
    wanted = {"state": state, "code": code, "ground": ground, "list": credit_list, "tier": tier}
    return page.of(views.list_entries(read, page, visible_to_staff(caller), wanted, withdrawal_to_review))


@router.get("/entries/{id}")
def get_entry(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> views.EntryView:
    """One entry."""
    return views.find_entry(read, id, visible_to_staff(caller))


@router.post("/entries", status_code=201, responses=responses(CauseIsNoGround))
@located("/entries/{id}")
def propose(entry: EntryIn, tx: WriteTx, caller: Annotated[Caller, requires(PROPOSE)]) -> views.EntryView:
    """Propose an enterprise for a credit list. Another person decides."""
    if not may_propose(caller, entry.code):
        raise Forbidden("A provincial administration proposes enterprises that are registered in its province.")
    listing = ProposedListing(
        code=entry.code,
        name=entry.name,
        list=entry.list,
        tier=entry.tier,
        ground=ListingGround.BY_HAND,
        facts=tuple(entry.facts),
        article=entry.article,
        causes=tuple(dict.fromkeys(entry.causes)),
    )
    return views.EntryView.model_validate(propose_by_hand(tx, listing, caller))


@router.post("/entries/{id}/objection", responses=responses(EntryStateConflict, ContestPeriodOver))
def contest(entry: EntryToContest, objection: Objection, tx: WriteTx) -> views.EntryView:
    """Record that the enterprise contests the proposal, with its statement. The person who records it does not decide.

    The contest period goes on, unless the enterprise waives the rest of it in writing.
    """
    contested = record_objection(tx, entry, objection.statement, waives_term=objection.waives_term)
    return views.EntryView.model_validate(contested)


@router.post("/entries/{id}/decision", responses=responses(EntryStateConflict, ContestPeriodRuns, FourEyes))
def decide(entry: EntryToDecide, decided: EntryDecisionIn, tx: WriteTx) -> views.EntryView:
    """Confirm or reject a proposal. A person with a part in its ground cannot decide: who proposed it, who filed,
    corrected or concluded what it stands on, or who recorded the objection."""
    return views.EntryView.model_validate(decide_entry(tx, entry, decided.decision, decided.reason))


@router.post("/entries/{id}/repair", responses=responses(EntryStateConflict, RepairTooEarly))
def repair(entry: EntryToEnd, repaired: Repair, tx: WriteTx) -> views.EntryView:
    """The enterprise has corrected the breach: its publication and its restriction end at once."""
    return views.EntryView.model_validate(repair_entry(tx, entry, repaired.statement))


@router.post("/entries/{id}/withdrawal", responses=responses(EntryStateConflict))
def withdraw(entry: EntryToEnd, withdrawn: EntryWithdrawalIn, tx: WriteTx) -> views.EntryView:
    """Withdraw a proposal or a listing: the authority's decision was annulled, or it was a mistake. A second person
    reviews the withdrawal of a listing until `review_withdrawal_by`."""
    reason = EntryWithdrawal(withdrawn.reason)
    return views.EntryView.model_validate(withdraw_entry(tx, entry, reason, withdrawn.note))


@router.post("/entries/{id}/withdrawal-review", responses=responses(EntryStateConflict, CauseIsNoGround, FourEyes))
def review(entry: WithdrawalToReview, reviewed: WithdrawalReviewIn, tx: WriteTx) -> views.EntryView:
    """A second person reviews the withdrawal of a listing by staff. `reversed`: the same listing takes effect again, on
    its old grounds and until the same day; `replaced_by` names it."""
    return views.EntryView.model_validate(review_withdrawal(tx, entry, reviewed.outcome, reviewed.reason))


@router.get("/statistics", tags=["statistics"])
def count(read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> views.CreditStatistics:
    """The number of entries, listed enterprises and counted orders, all of one moment."""
    require_national_staff(caller)
    return views.count_everything(read)
