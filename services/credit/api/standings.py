"""Standings: what carriers and authorities ask before they give an enterprise anything; and the public list."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from chassis import clock
from chassis.http.auth import Caller, public, requires
from chassis.http.paging import Page, PageQuery
from chassis.http.responses import answered
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx
from contracts.vocabulary import CreditList
from services.credit.api.callers import CHECK, may_check
from services.credit.api.codes import read_code, read_codes
from services.credit.views.entries import ListedView, list_listed
from services.credit.views.standings import ChecksView, StandingView, check_all, find_standing

router = Router(tags=["standings"])

MOST_CODES = 10_000
"""How many enterprises one request asks about: as many as its body holds."""


class Checks(BaseModel):
    """Whom to check."""

    model_config = ConfigDict(extra="forbid")

    codes: list[str] = Field(
        min_length=1,
        max_length=MOST_CODES,
        description="unified social credit codes",
        examples=[["91990000MA0HMYX219"]],
    )


@router.get("/standings/{code}", response_model=StandingView)
def get_standing(code: str, read: ReadTx, caller: Annotated[Caller, requires(CHECK)]) -> Response:
    """Whether an enterprise is on a credit list now. One that nobody ever listed is not."""
    may_check(caller)
    return answered(find_standing(read, read_code(code, "path", "/code"), clock.now()))


@router.post("/standings/checks", response_model=ChecksView)
def check_standings(checks: Checks, read: ReadTx, caller: Annotated[Caller, requires(CHECK)]) -> Response:
    """Whether each of up to 10,000 enterprises is on a credit list now, answered in the order in which they are
    named."""
    may_check(caller)
    content = check_all(read, read_codes(checks.codes, "/codes"), clock.now())
    return Response(content, media_type="application/json")


@router.get("/listed")
@public
def list_published(
    read: ReadTx,
    page: PageQuery,
    code: str | None = None,
    credit_list: Annotated[CreditList | None, Query(alias="list")] = None,
) -> Page[ListedView]:
    """The listings in force that are published, the oldest first. For everybody; no person is named."""
    wanted = {"list": credit_list, "code": None if code is None else read_code(code, "query", "/code")}
    return page.of(list_listed(read, page, clock.now(), wanted), key=lambda each: (each.entry,))
