"""Batches: an authority fetches its own, checks the digests, and says that it has them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from starlette.responses import Response

from chassis.http.auth import Caller, requires
from chassis.http.idempotency import OnceOnly
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import NotFound, responses
from chassis.http.responses import answered
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from services.referrals.api.callers import ACT, READ, authority_sight, sight_of
from services.referrals.api.forms import ReceiptIn
from services.referrals.api.problems import BatchIsReceived, DigestDiffers
from services.referrals.commands.receipts import receive_batch
from services.referrals.model import BatchState
from services.referrals.views import batches as views

router = Router(tags=["batches"])


class Lines(Response):
    """One JSON document a line."""

    media_type = "application/x-ndjson"


@router.get("/batches")
def list_batches(
    read: ReadTx,
    page: PageQuery,
    caller: Annotated[Caller, requires(READ)],
    state: BatchState | None = None,
    authority: str | None = None,
) -> Page[views.BatchView]:
    """Batches, the oldest first: an authority sees its own, national staff all."""
    wanted: dict[str, str | None] = {"state": state, "authority": authority}
    return page.of(views.list_batches(read, page, sight_of(caller), wanted), key=lambda batch: (batch.id,))


@router.get("/batches/{id}", response_model=views.BatchView)
def get_batch(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> Response:
    """One batch."""
    view = views.find_batch(read, id, sight_of(caller))
    if view is None:
        raise NotFound
    return answered(view, version=view.version)


@router.get("/batches/{id}/content", response_class=Lines)
def get_content(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> Lines:
    """What was sealed: the manifest in the first line, then a document a line, in its order.

    The digest of the batch is the SHA-256 of the first line, that of each document stands in the manifest; a line is
    what comes before its LF.
    """
    content = views.content_of_batch(read, id, sight_of(caller))
    if content is None:
        raise NotFound
    return Lines(content)


@router.post(
    "/batches/{id}/receipt", response_model=views.BatchView, responses=responses(BatchIsReceived, DigestDiffers)
)
def receive(
    id: UUID, receipt: ReceiptIn, tx: WriteTx, once: OnceOnly, caller: Annotated[Caller, requires(ACT)]
) -> Response:
    """The authority has the batch: its clues are received with it."""
    sight = authority_sight(caller)
    assert sight.authority is not None
    authority = sight.authority

    def act() -> Response:
        batch = receive_batch(tx, id, authority, receipt.digest)
        return answered(views.BatchView.of(batch), version=batch.version)

    return once(tx, caller, act)
