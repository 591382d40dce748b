"""The register, as carriers and staff read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis.database import Read
from chassis.http.paging import PageRows, Paging
from chassis.http.queries import Conditions, equal, one_row, page_rows, select_one, select_page
from chassis.redaction import Written
from services.ports.access import Visibility
from services.ports.model import FilingDecision, HindranceKind, PortKey, PortStatus
from services.ports.store.tables import FILINGS, LISTING_REFUSALS, PORTS


class FilingView(BaseModel):
    """A filing and its decision. In the present register an accepted one holds from `valid_from` up to, not including,
    `valid_to`. For messages that were sent before it was recorded, it counts from `on_record_from` on."""

    id: UUID
    carrier: str
    number: str
    holder: str = Field(description="unified social credit code of the port's enterprise")
    holder_name: Written
    provider: str = Field(description="unified social credit code of the content provider")
    provider_name: Written
    signature: Written
    purpose: str
    province: str | None
    covers_extensions: bool = Field(description="whether it also covers longer numbers that begin with this one")
    valid_from: datetime
    valid_to: datetime | None
    recorded_at: datetime
    on_record_from: datetime = Field(description="since when it decides who is responsible for messages")
    initial: bool = Field(description="whether it is of the carrier's initial load, which is on record from its begin")
    decision: FilingDecision
    reasons: list[str]
    hindered_by: UUID | None = Field(description="the order because of which it was refused")
    listing: UUID | None = Field(description="the entry of the credit lists because of which it was refused")


class PortView(BaseModel):
    """A port of the register with all of its filings that are visible, refused ones included, the oldest first."""

    id: UUID
    version: int
    carrier: str
    number: str
    access_code: str
    status: PortStatus
    filings: list[FilingView]


def list_ports(read: Read, page: Paging, visibility: Visibility, wanted: dict[str, str | None]) -> PageRows[PortView]:
    """Ports, in the order in which they were first filed; `wanted` are columns and the value each must have."""
    conditions = [*_visible_ports(visibility), *equal(PORTS, wanted)]
    ports = select_page(read, PORTS, conditions, page)
    history = _filings_of(read, ports, visibility)
    return page_rows(ports, partial(_port, history=history))


def find_port(read: Read, carrier: str, number: str, visibility: Visibility) -> PortView:
    """The port of this number at this carrier. Raises NotFoundError where it does not exist or is not visible, and
    UnreadableRowError."""
    conditions = [*_visible_ports(visibility), *equal(PORTS, {"carrier": carrier, "number": number})]
    port = select_one(read, PORTS, conditions)
    return one_row(port, partial(_port, history=_filings_of(read, [port], visibility)))


def list_filings(
    read: Read, page: Paging, visibility: Visibility, wanted: dict[str, str | None], listing: UUID | None
) -> PageRows[FilingView]:
    """Filings in the order of their decisions; `wanted` are columns and the value each must have (None: any), `listing`
    is the entry because of which they were refused."""
    conditions = [*_visible_filings(visibility), *equal(FILINGS, wanted)]
    if listing is not None:
        refused = sa.select(LISTING_REFUSALS.c.filing_id).where(LISTING_REFUSALS.c.entry == listing)
        conditions.append(FILINGS.c.id.in_(refused))
    return page_rows(select_page(read, FILINGS, conditions, page), _filing)


def find_filing(read: Read, identifier: UUID, visibility: Visibility) -> FilingView:
    """One filing. Raises NotFoundError where it does not exist or is not visible, and UnreadableRowError."""
    return one_row(select_one(read, FILINGS, [*_visible_filings(visibility), FILINGS.c.id == identifier]), _filing)


def _visible_filings(visibility: Visibility) -> Conditions:
    return equal(FILINGS, {"carrier": visibility.carrier, "province": visibility.province})


def _visible_ports(visibility: Visibility) -> Conditions:
    conditions = equal(PORTS, {"carrier": visibility.carrier})
    if visibility.province is not None:
        in_province = FILINGS.c.port_id == PORTS.c.id, FILINGS.c.province == visibility.province
        conditions.append(sa.exists().where(*in_province))
    return conditions


def _filings_of(read: Read, ports: Sequence[Any], visibility: Visibility) -> dict[PortKey, list[Any]]:
    """The rows of the visible filings of these ports."""
    history: dict[PortKey, list[Any]] = defaultdict(list)
    if ports:
        keys = [(port.carrier, port.number) for port in ports]
        statement = (
            sa.select(FILINGS)
            .where(sa.tuple_(FILINGS.c.carrier, FILINGS.c.number).in_(keys), *_visible_filings(visibility))
            .order_by(FILINGS.c.valid_from, FILINGS.c.recorded_at, FILINGS.c.id)
        )
        for row in read.execute(statement).all():
            history[row.carrier, row.number].append(row)
    return history


def _port(port: Any, history: Mapping[PortKey, Sequence[Any]]) -> PortView:
    filings = [_filing(row) for row in history[port.carrier, port.number]]
    return PortView.model_validate({**port._mapping, "filings": filings})


def _filing(row: Any) -> FilingView:
    hindrance = "listing" if row.hindrance == HindranceKind.LISTING else "hindered_by"
    since = {"on_record_from": row.on_record_from or row.valid_from}
    parties = {"listing": None, "hindered_by": None, hindrance: row.hindered_by}
    return FilingView.model_validate(row._asdict() | since | parties)
