"""Notices to enterprises, and what an enterprise does with its reply code: it reads its file and replies, without an
account."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from chassis.http.auth import Caller, public, requires
from chassis.http.idempotency import KeyUse, key_use
from chassis.http.limits import limited
from chassis.http.problems import NotFound, responses
from chassis.http.replies import NoticeView, ReplyCredentials, ReplyView
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from chassis.http.words import Words
from chassis.notices import find_notice
from chassis.rates import ReplyRate
from services.credit import views
from services.credit.access import READ, EntryToNotify, visible_to_staff
from services.credit.api.problems import ContestPeriodOver, EntryStateConflict
from services.credit.commands.replies import EntryReplyKind, issue_notice_of_entry, reply_to_notice
from services.credit.policy.rulebook import RULES

router = Router(tags=["replies"])


class EntryReplyIn(ReplyCredentials):
    """What an enterprise replies to a notice."""

    kind: EntryReplyKind
    statement: Words = Field(min_length=1, max_length=4_000)
    waives_term: bool = Field(False, description="of an objection: it waives the rest of the contest period")


# Without Idempotency-Key: a stored response would store the reply code.
@router.post("/entries/{id}/notices", status_code=201)
@key_use(KeyUse.NONE)
def issue(entry: EntryToNotify, tx: WriteTx, response: Response) -> NoticeView:
    """Issue a notice about an entry to its enterprise. The response has the reply code, with which the enterprise reads
    its file and replies; the service stores its hash only. Another notice has another code, and the earlier ones stay
    valid."""
    response.headers["Cache-Control"] = "no-store"
    return NoticeView.model_validate(issue_notice_of_entry(tx, entry))


@router.get("/entries/{id}/replies")
def list_replies(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> list[ReplyView]:
    """What the enterprise of an entry has replied to the notices about it."""
    return views.list_replies(read, id, visible_to_staff(caller))


@router.post("/enterprise-files", responses=responses(NotFound))
@public
@limited(RULES, ReplyRate)
@key_use(KeyUse.NONE)
def read_file(credentials: ReplyCredentials, read: ReadTx) -> views.EntryFile:
    """The entry that a notice is about, for its enterprise. A POST, because no reply code may stand in an address."""
    return views.find_file(read, find_notice(read, credentials.code, credentials.reply_code).object_id)


# Without Idempotency-Key: keys belong to callers with a token.
@router.post("/replies", responses=responses(NotFound, EntryStateConflict, ContestPeriodOver))
@public
@limited(RULES, ReplyRate)
@key_use(KeyUse.NONE)
def reply(replied: EntryReplyIn, tx: WriteTx) -> views.EntryFile:
    """The enterprise replies to a notice: it contests a proposal within the contest period, appeals against a listing,
    or answers. The contest period goes on, unless the enterprise waives the rest of it."""
    entry = reply_to_notice(
        tx, replied.code, replied.reply_code, replied.kind, replied.statement, waives_term=replied.waives_term
    )
    return views.find_file(tx, entry)
