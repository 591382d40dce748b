"""Statistics for staff, counted on request."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Read
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

V = TypeVar("V", bound=StrEnum)


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
        ports=_count_by(read, "ports", "status", PortStatus),
        filings=_filings(read),
        evidence=_evidence(read),
        orders=_orders(read),
        enquiries=_enquiries(read),
        listings=_listings(read),
        proposals=_count_by(read, "shutdown_proposals", "state", ProposalState),
    )


def _filings(read: Read) -> FilingFigures:
    decisions = _count_by(read, "filings", "decision", FilingDecision)
    return FilingFigures(
        accepted=decisions[FilingDecision.ACCEPTED],
        refused=decisions[FilingDecision.REFUSED],
        refused_by_listing=read.execute(sa.text("SELECT count(*) FROM listing_refusals")).scalar_one(),
    )


def _evidence(read: Read) -> EvidenceFigures:
    standings = _count_by(read, "evidence", "standing", SenderAttribution)
    return EvidenceFigures.model_validate(read.execute(_EVIDENCE).one()._asdict() | {"standings": standings})


def _orders(read: Read) -> ShutdownOrderFigures:
    parts = {
        "states": _count_by(read, "orders", "state", OrderState),
        "grounds": _count_by(read, "orders", "ground", ShutdownGround),
        "by_listing": read.execute(_LISTING_ORDERS).one(),
    }
    return ShutdownOrderFigures.model_validate(read.execute(_ORDER_MARKS).one()._asdict() | parts)


def _enquiries(read: Read) -> EnquiryFigures:
    states = _count_by(read, "enquiries", "state", EnquiryState)
    return EnquiryFigures(
        sent=sum(states.values()),
        numbers=read.execute(sa.text("SELECT count(DISTINCT number) FROM enquiries")).scalar_one(),
        states=states,
        answers=_count_by(read, "enquiries", "answer", Answer),
    )


def _listings(read: Read) -> ListingFigures:
    phases = _count_by(read, "listings", "phase", ListingPhase)
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


def _count_by(read: Read, table: str, column: str, values: type[V]) -> dict[V, int]:
    """The number of rows with each of these values."""
    value: sa.ColumnClause[str] = sa.column(column)
    statement = (
        sa.select(value.label("value"), sa.func.count().label("rows"))
        .select_from(sa.table(table))
        .where(value.is_not(None))
        .group_by(value)
    )
    counted = {row.value: row.rows for row in read.execute(statement).all()}
    return {each: counted.get(each, 0) for each in values}
