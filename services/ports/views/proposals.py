"""Shutdown proposals, as staff read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.http.citations import CitationView
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import Conditions, equal, one_row, page_rows, select_one, select_page
from chassis.redaction import Written
from services.ports.access import Visibility
from services.ports.model import ProposalState, ShutdownGround
from services.ports.store.proposals import proposal_of
from services.ports.store.tables import SHUTDOWN_PROPOSALS
from services.ports.views.shared import COMPLAINANTS


class ComplaintBasisView(BaseModel):
    """What complaints give for the shutdown of a port, and why an order needs a person."""

    model_config = ConfigDict(from_attributes=True)

    ground: ShutdownGround
    attribution: str = Field(description="declared, sublet-suspected or unregistered")
    holder: str | None = Field(description="unified social credit code of the port's enterprise")
    provider: str | None = Field(description="unified social credit code of the content provider that was filed")
    signature: Written | None = Field(description="the signature in the messages")
    complainants: int = COMPLAINANTS
    reasons: list[str]
    reservations: list[str] = Field(description="why no order follows without a person")
    rules: list[CitationView]
    causes: list[str] = Field(description="what it is based on: complaint:<id>, enquiry:<id>")


class ProposalView(BaseModel):
    """A proposal to shut a port, or every port of a listed enterprise, and its state."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(description="also the ETag; send it as If-Match with the decision")
    state: ProposalState
    carrier: str | None = Field(description="of a proposal of one port")
    number: str | None = Field(description="of a proposal of one port")
    listing: UUID | None = Field(description="the entry of the credit lists; of a proposal of an enterprise")
    code: str | None = Field(description="the enterprise's unified social credit code; of a proposal of an enterprise")
    province: str | None
    reason: Written
    basis: ComplaintBasisView | None = Field(description="of a proposal that the rules make because of complaints")
    proposed_by: str = Field(description="rules or staff")
    proposer: str | None = Field(description="the person of staff who proposed it, and so cannot decide it")
    proposed_at: datetime
    decider: str | None
    decision_reason: Written | None
    decided_at: datetime | None = Field(description="when it was decided, or withdrawn")
    order: UUID | None = Field(
        validation_alias="order_id",
        description="the order that followed; those for an enterprise have the cause listing:<entry>",
    )


def list_proposals(read: Read, page: Paging, visibility: Visibility, wanted: dict[str, Any]) -> PageRows[ProposalView]:
    """Proposals, the oldest first; `wanted` are columns and the value each must have (None: any)."""
    conditions = [*_visible(visibility), *equal(SHUTDOWN_PROPOSALS, wanted)]
    return page_rows(select_page(read, SHUTDOWN_PROPOSALS, conditions, page), _view)


def find_proposal(read: Read, identifier: UUID, visibility: Visibility) -> ProposalView:
    """One proposal. Raises NotFoundError where it does not exist or is not visible, and UnreadableRowError."""
    conditions = [*_visible(visibility), SHUTDOWN_PROPOSALS.c.id == identifier]
    return one_row(select_one(read, SHUTDOWN_PROPOSALS, conditions), _view)


def _visible(visibility: Visibility) -> Conditions:
    return equal(SHUTDOWN_PROPOSALS, {"province": visibility.province})


def _view(row: Any) -> ProposalView:
    return ProposalView.model_validate(proposal_of(row))
