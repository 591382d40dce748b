"""Statistics for staff, counted on request."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
from chassis.http.queries import count_by
from services.ports.model import (
    Answer,
    EnquiryState,
    FilingDecision,
    ListingPhase,
    OrderState,
    PortStatus,
    ProposalState,
    ShutdownGround,
)
from services.ports.model.listing import OVER
from services.ports.policy.evidence import SenderAttribution
from services.ports.store.tables import ENQUIRIES, EVIDENCE, FILINGS, LISTINGS, ORDERS, PORTS, SHUTDOWN_PROPOSALS


class FilingFigures(BaseModel):
    """Filings. `refused_by_listing` counts those of the `refused` ones that a credit list refused; an order refused the
    others."""

    accepted: int
    refused: int
    refused_by_listing: int


class ListingOrderFigures(BaseModel):
    """The orders that listings placed."""

    model_config = ConfigDict(from_attributes=True)

    ordered: int
    executed: int
    lifted: int


class ShutdownOrderFigures(BaseModel):
    """Orders. `ordered` counts all of them and is the sum of `states`; the others count those that ever got so far."""

    ordered: int
    acknowledged: int
    executed: int
    refused: int
    overdue: int = Field(description="orders that missed a deadline, whatever followed")
    lifted: int
    ground_fell: int
    states: dict[OrderState, int]
    grounds: dict[ShutdownGround, int]
    by_listing: ListingOrderFigures


class EnquiryFigures(BaseModel):
    """Enquiries. `sent` counts all of them, and is the sum of `states`; `answers` sum up to those answered."""

    sent: int
    numbers: int = Field(description="different numbers that carriers were asked about")
    states: dict[EnquiryState, int]
    answers: dict[Answer, int]


class EvidenceFigures(BaseModel):
    """Complaints about ports. `standings` counts them by the attribution of the sender on receipt; those and the ones
    withdrawn before they were assessed sum up to `complaints`."""

    complaints: int
    withdrawn: int
    counting: int = Field(description="spam, vouched, not capped and not withdrawn")
    standings: dict[SenderAttribution, int]


class ListingFigures(BaseModel):
    """Entries of the credit lists that were ever in force, by phase; `in_force` counts those that still are."""

    in_force: int
    noted: int
    proposed: int
    shutting: int
    shut: int
    lifting: int
    ended: int


class PortStatistics(BaseModel):
    """All figures of this service."""

    ports: dict[PortStatus, int]
    filings: FilingFigures
    evidence: EvidenceFigures
    orders: ShutdownOrderFigures
    enquiries: EnquiryFigures
    listings: ListingFigures
    proposals: dict[ProposalState, int]


def count_everything(read: Read) -> PortStatistics:
    """All figures at one moment, so that they add up. Must be the first read of its transaction."""
    read.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    return PortStatistics(
        ports=count_by(read, PORTS.c.status, PortStatus),
        filings=_filings(read),
        evidence=_evidence(read),
        orders=_orders(read),
        enquiries=_enquiries(read),
        listings=_listings(read),
        proposals=count_by(read, SHUTDOWN_PROPOSALS.c.state, ProposalState),
    )


def _filings(read: Read) -> FilingFigures:
    decisions = count_by(read, FILINGS.c.decision, FilingDecision)
    return FilingFigures(
        accepted=decisions[FilingDecision.ACCEPTED],
        refused=decisions[FilingDecision.REFUSED],
        refused_by_listing=read.execute(sa.text("SELECT count(*) FROM listing_refusals")).scalar_one(),
    )


def _evidence(read: Read) -> EvidenceFigures:
    standings = count_by(read, EVIDENCE.c.standing, SenderAttribution)
    return EvidenceFigures.model_validate(read.execute(_EVIDENCE).one()._asdict() | {"standings": standings})


def _orders(read: Read) -> ShutdownOrderFigures:
    parts = {
        "states": count_by(read, ORDERS.c.state, OrderState),
        "grounds": count_by(read, ORDERS.c.ground, ShutdownGround),
        "by_listing": read.execute(_LISTING_ORDERS).one(),
    }
    return ShutdownOrderFigures.model_validate(read.execute(_ORDER_MARKS).one()._asdict() | parts)


def _enquiries(read: Read) -> EnquiryFigures:
    states = count_by(read, ENQUIRIES.c.state, EnquiryState)
    return EnquiryFigures(
        sent=sum(states.values()),
        numbers=read.execute(sa.text("SELECT count(DISTINCT number) FROM enquiries")).scalar_one(),
        states=states,
        answers=count_by(read, ENQUIRIES.c.answer, Answer),
    )


def _listings(read: Read) -> ListingFigures:
    phases = count_by(read, LISTINGS.c.phase, ListingPhase)
    in_force = sum(count for phase, count in phases.items() if phase not in OVER)
    return ListingFigures.model_validate({"in_force": in_force, **phases})


_ORDER_MARKS = sa.text(
    "SELECT count(*) AS ordered, count(acknowledged_at) AS acknowledged, count(executed_at) AS executed, "
    "count(refused_at) AS refused, count(overdue_since) AS overdue, count(lifted_at) AS lifted, "
    "count(ground_fell_at) AS ground_fell FROM orders"
)
_LISTING_ORDERS = sa.text(
    "SELECT count(*) AS ordered, count(executed_at) AS executed, count(lifted_at) AS lifted FROM orders "
    "WHERE ground = 'listing'"
)
_EVIDENCE = sa.text(
    "SELECT count(*) AS complaints, count(*) FILTER (WHERE withdrawn) AS withdrawn, "
    "count(*) FILTER (WHERE counts) AS counting FROM evidence"
)
