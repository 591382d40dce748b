"""Standings of enterprises, and the public list."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from chassis import clock
from chassis.http.auth import Caller, public, requires
from chassis.http.limits import limited
from chassis.http.paging import Page, PageQuery
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx
from contracts.vocabulary import CreditList
from services.credit import views
from services.credit.access import CHECK, require_known_organisation
from services.credit.api.parameters import CreditCodeText
from services.credit.policy.rulebook import RULES, ListedRate

router = Router(tags=["standings"])

MAX_CODES = 10_000
"""The most enterprises in one request: about as many as a body holds."""


class Checks(BaseModel):
    """The enterprises to check."""

    model_config = ConfigDict(extra="forbid")

    codes: list[CreditCodeText] = Field(
        min_length=1,
        max_length=MAX_CODES,
        description="unified social credit codes",
        examples=[["91990000MA0HMYX219"]],
    )


@router.get("/standings/{code}")
def get_standing(code: CreditCodeText, read: ReadTx, caller: Annotated[Caller, requires(CHECK)]) -> views.StandingView:
    """Whether an enterprise is on a credit list now. For an enterprise that was never listed: not listed."""
    require_known_organisation(caller)
    return views.find_standing(read, code, clock.now())


@router.post("/standings/checks", response_model=views.ChecksView)
def check_standings(checks: Checks, read: ReadTx, caller: Annotated[Caller, requires(CHECK)]) -> Response:
    """Whether each of up to 10,000 enterprises is on a credit list now, in the order of the request."""
    require_known_organisation(caller)
    content = views.check_standings(read, checks.codes, clock.now())
    return Response(content, media_type="application/json")


@router.get("/listed")
@public
@limited(RULES, ListedRate)
def list_published(
    read: ReadTx,
    page: PageQuery,
    code: CreditCodeText | None = None,
    credit_list: Annotated[CreditList | None, Query(alias="list")] = None,
) -> Page[views.ListedView]:
    """The published listings in force, the oldest first. Public; no person is named."""
    wanted = {"list": credit_list, "code": code}
    return page.of(views.list_published(read, page, clock.now(), wanted))
