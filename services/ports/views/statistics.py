"""Figures, for staff: how many there are of what, counted when they are asked for."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis.database import Read
from services.ports.model import (
    Answer,
    Decision,
    EnquiryState,
    Ground,
    ListingPhase,
    OrderState,
    PortStatus,
    ProposalState,
)
from services.ports.model.listing import OVER
from services.ports.policy.evidence import Standing


class FilingFigures(BaseModel):
    """Filings. Of the `refused`, `refused_by_listing` were so because of a credit list, the others because of an
    order."""

    accepted: int
    refused: int
    refused_by_listing: int


class ListingOrderFigures(BaseModel):
    """The orders among all that listings placed."""

    ordered: int
    executed: int
    lifted: int


class OrderFigures(BaseModel):
    """Orders. `ordered` are all there ever were and the sum of `states`; the others count who ever came that far."""

    ordered: int
    acknowledged: int
    executed: int
    refused: int
    overdue: int = Field(description="a deadline passed unmet, whatever came after")
    lifted: int
    ground_fell: int
    states: dict[OrderState, int]
    grounds: dict[Ground, int]
    by_listing: ListingOrderFigures


class EnquiryFigures(BaseModel):
    """Enquiries. `sent` are all there ever were and the sum of `states`; `answers` sum up to those answered."""

    sent: int
    numbers: int = Field(description="how many different numbers were asked about")
    states: dict[EnquiryState, int]
    answers: dict[Answer, int]


class EvidenceFigures(BaseModel):
    """Complaints about ports that were heard of. `standings` is how each stood against the register when it was;
    those and the ones withdrawn before they were assessed sum up to `complaints`."""

    complaints: int
    withdrawn: int
    counting: int = Field(description="spam, vouched for, not capped and not withdrawn")
    standings: dict[Standing, int]


class ListingFigures(BaseModel):
    """Entries of the credit lists that were ever in force, by how far each has come; `in_force` are those that are."""

    in_force: int
    noted: int
    proposed: int
    shutting: int
    shut: int
    lifting: int
    ended: int


class Statistics(BaseModel):
    """What this service has."""

    ports: dict[PortStatus, int]
    filings: FilingFigures
    evidence: EvidenceFigures
    orders: OrderFigures
    enquiries: EnquiryFigures
    listings: ListingFigures
    proposals: dict[ProposalState, int]


def count_everything(read: Read) -> Statistics:
    """All figures, of one moment: they add up while others write. Must be the first that its transaction reads."""
    read.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    ports = _by(read, "ports", "status")
    filings = _by(read, "filings", "decision")
    standings, states = _by(read, "evidence", "standing"), _by(read, "orders", "state")
    grounds, enquiries = _by(read, "orders", "ground"), _by(read, "enquiries", "state")
    answers = _by(read, "enquiries", "answer")
    phases, proposals = _by(read, "listings", "phase"), _by(read, "shutdown_proposals", "state")
    marks = read.execute(_ORDER_MARKS).one()
    evidence = read.execute(_EVIDENCE).one()
    return Statistics(
        ports={each: ports.get(each, 0) for each in PortStatus},
        filings=FilingFigures(
            accepted=filings.get(Decision.ACCEPTED, 0),
            refused=filings.get(Decision.REFUSED, 0),
            refused_by_listing=read.execute(sa.text("SELECT count(*) FROM listing_refusals")).scalar_one(),
        ),
        evidence=EvidenceFigures(
            complaints=evidence.complaints,
            withdrawn=evidence.withdrawn,
            counting=evidence.counting,
            standings={each: standings.get(each, 0) for each in Standing},
        ),
        orders=OrderFigures(
            **dict(marks._mapping),
            states={each: states.get(each, 0) for each in OrderState},
            grounds={each: grounds.get(each, 0) for each in Ground},
            by_listing=ListingOrderFigures(**dict(read.execute(_LISTING_ORDERS).one()._mapping)),
        ),
        enquiries=EnquiryFigures(
            sent=sum(enquiries.values()),
            numbers=read.execute(sa.text("SELECT count(DISTINCT number) FROM enquiries")).scalar_one(),
            states={each: enquiries.get(each, 0) for each in EnquiryState},
            answers={each: answers.get(each, 0) for each in Answer},
        ),
        listings=ListingFigures(
            in_force=sum(count for phase, count in phases.items() if phase not in OVER),
            **{each: phases.get(each, 0) for each in ListingPhase},
        ),
        proposals={each: proposals.get(each, 0) for each in ProposalState},
    )


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


def _by(read: Read, table: str, column: str) -> dict[str, int]:
    """How many rows there are of each value; none without one."""
    value: sa.ColumnClause[str] = sa.column(column)
    statement = (
        sa.select(value.label("value"), sa.func.count().label("count"))
        .select_from(sa.table(table))
        .where(value.is_not(None))
        .group_by(value)
    )
    return {row.value: row._mapping["count"] for row in read.execute(statement).all()}
