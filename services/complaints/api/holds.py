"""Holds of channels: staff read why a channel is held, and release it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.http.auth import Caller, requires
from chassis.http.paging import Page, PageQuery
from chassis.http.problems import responses
from chassis.http.routes import Router
from chassis.http.transactions import ReadTx, WriteTx
from chassis.http.words import Words
from services.complaints.access import READ, StaffHold, visible_to_staff
from services.complaints.api.problems import HoldStateConflict
from services.complaints.commands.channels import release_channel
from services.complaints.views import holds as views

router = Router(tags=["channel holds"])


class ReleaseIn(BaseModel):
    """Why the channel is released."""

    model_config = ConfigDict(extra="forbid")

    reason: Words = Field(min_length=1, max_length=1_000, examples=["The channel confirms the wave of messages."])


@router.get("/channel-holds")
def list_holds(
    read: ReadTx, page: PageQuery, caller: Annotated[Caller, requires(READ)], channel: str | None = None
) -> Page[views.ChannelHoldView]:
    """Holds of channels, the oldest first. National staff only: a channel belongs to no province."""
    return page.of(views.list_holds(read, page, visible_to_staff(caller), channel))


@router.get("/channel-holds/{id}")
def get_hold(id: UUID, read: ReadTx, caller: Annotated[Caller, requires(READ)]) -> views.ChannelHoldView:
    """One hold."""
    return views.find_hold(read, id, visible_to_staff(caller))


@router.post("/channel-holds/{id}/release", responses=responses(HoldStateConflict))
def release(hold: StaffHold, released: ReleaseIn, tx: WriteTx) -> views.ChannelHoldView:
    """Release a channel: what it files from now on counts again. It is not held again on the same day."""
    return views.ChannelHoldView.model_validate(release_channel(tx, hold, released.reason))
