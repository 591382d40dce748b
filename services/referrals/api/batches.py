"""Batches: an authority fetches its own, checks the digests, and confirms receipt."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from starlette.responses import Response

from chassis.http.auth import Caller, requires
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import responses
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from services.referrals.access import ACT, READ, visible_to, visible_to_authority
from services.referrals.api.forms import ReceiptIn
from services.referrals.api.problems import BatchIsReceived, DigestDiffers
from services.referrals.commands.clues import receive_batch
from services.referrals.model import BatchState
from services.referrals.views import batches as views

router = Router(tags=["batches"])


class Lines(Response):
    """One JSON document per line."""

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
    return page.of(views.list_batches(read, page, visible_to(caller), wanted))


@router.get("/batches/{id}")
def get_batch(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> views.BatchView:
    """One batch."""
    return views.find_batch(read, id, visible_to(caller))


@router.get("/batches/{id}/content", response_class=Lines)
def get_content(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> Lines:
    """The sealed content: the manifest in the first line, then one document per line, in the manifest's order.

    The digest of the batch is the SHA-256 of the first line; the manifest contains the digests of the documents. A line
    is hashed without its LF.
    """
    return Lines(views.content_of_batch(read, id, visible_to(caller)))


@router.post("/batches/{id}/receipt", responses=responses(BatchIsReceived, DigestDiffers))
def receive(id: UUID, receipt: ReceiptIn, tx: WriteTx, caller: Annotated[Caller, requires(ACT)]) -> views.BatchView:
    """The authority confirms receipt of the batch, and so of its clues."""
    return views.BatchView.model_validate(receive_batch(tx, id, visible_to_authority(caller), receipt.digest))
