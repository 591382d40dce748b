"""The register, as carriers and staff read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from chassis.aggregate import NotFoundError
from chassis.database import Read
from chassis.http.paging import Paging
from services.ports.access import Visibility
from services.ports.model import Decision, HindranceKind, PortStatus
from services.ports.store.tables import FILINGS, LISTING_REFUSALS, PORTS
from services.ports.views.shared import equal, select_rows


class FilingView(BaseModel):
    """A filing and what became of it. An accepted one holds from `valid_from` up to, not including, `valid_to`."""

    id: UUID
    carrier: str
    number: str
    holder: str = Field(description="unified social credit code of the port's enterprise")
    holder_name: str
    provider: str = Field(description="unified social credit code of the content provider")
    provider_name: str
    signature: str
    purpose: str
    province: str | None
    covers_extensions: bool = Field(description="whether it answers for longer numbers that begin with this one")
    valid_from: datetime
    valid_to: datetime | None
    recorded_at: datetime
    decision: Decision
    reasons: list[str]
    hindered_by: UUID | None = Field(description="the order because of which it was refused")
    listing: UUID | None = Field(description="the entry of the credit lists because of which it was refused")


class PortView(BaseModel):
    """A port of the register with every filing there was, refused ones included, the oldest first."""

    id: UUID
    version: int
    carrier: str
    number: str
    access_code: str
    status: PortStatus
    filings: list[FilingView]


def list_ports(read: Read, page: Paging, visibility: Visibility, wanted: dict[str, str | None]) -> list[PortView]:
    """Ports, in the order in which they were first filed; `wanted` are columns and the value each must have."""
    conditions = [*_seen(visibility), *equal(PORTS, wanted)]
    after = page.after(UUID)
    if after is not None:
        conditions.append(PORTS.c.id > after[0])
    return _with_filings(read, select_rows(read, PORTS, conditions, limit=page.limit))


def find_port(read: Read, carrier: str, number: str, visibility: Visibility) -> PortView:
    """The port of this number at this carrier. Raises NotFoundError where it does not exist or is not visible."""
    conditions = [*_seen(visibility), *equal(PORTS, {"carrier": carrier, "number": number})]
    ports = _with_filings(read, select_rows(read, PORTS, conditions, limit=1))
    if not ports:
        raise NotFoundError
    return ports[0]


def list_filings(
    read: Read, page: Paging, visibility: Visibility, wanted: dict[str, str | None], listing: UUID | None
) -> list[FilingView]:
    """Filings in the order in which they were decided on; `wanted` are columns and the value each must have (None:
    any), `listing` is the entry that kept them out."""
    conditions = [*_seen_filings(visibility), *equal(FILINGS, wanted)]
    if listing is not None:
        kept_out = sa.select(LISTING_REFUSALS.c.filing_id).where(LISTING_REFUSALS.c.entry == listing)
        conditions.append(FILINGS.c.id.in_(kept_out))
    after = page.after(UUID)
    if after is not None:
        conditions.append(FILINGS.c.id > after[0])
    return [_filing(row) for row in select_rows(read, FILINGS, conditions, limit=page.limit)]


def find_filing(read: Read, identifier: UUID, visibility: Visibility) -> FilingView:
    """One filing. Raises NotFoundError where it does not exist or is not visible."""
    rows = select_rows(read, FILINGS, [*_seen_filings(visibility), FILINGS.c.id == identifier], limit=1)
    if not rows:
        raise NotFoundError
    return _filing(rows[0])


def _seen_filings(visibility: Visibility) -> list[sa.ColumnElement[bool]]:
    return equal(FILINGS, {"carrier": visibility.carrier, "province": visibility.province})


def _seen(visibility: Visibility) -> list[sa.ColumnElement[bool]]:
    conditions = equal(PORTS, {"carrier": visibility.carrier})
    if visibility.province is not None:
        of_the_province = FILINGS.c.port_id == PORTS.c.id, FILINGS.c.province == visibility.province
        conditions.append(sa.exists().where(*of_the_province))
    return conditions


def _with_filings(read: Read, ports: Sequence[Any]) -> list[PortView]:
    history: dict[tuple[str, str], list[FilingView]] = defaultdict(list)
    if ports:
        places = [(port.carrier, port.number) for port in ports]
        statement = (
            sa.select(FILINGS)
            .where(sa.tuple_(FILINGS.c.carrier, FILINGS.c.number).in_(places))
            .order_by(FILINGS.c.valid_from, FILINGS.c.recorded_at, FILINGS.c.id)
        )
        for row in read.execute(statement).all():
            history[row.carrier, row.number].append(_filing(row))
    return [
        PortView(
            id=port.id,
            version=port.version,
            carrier=port.carrier,
            number=port.number,
            access_code=port.access_code,
            status=PortStatus(port.status),
            filings=history[port.carrier, port.number],
        )
        for port in ports
    ]


def _filing(row: Any) -> FilingView:
    fields = {name: value for name, value in row._mapping.items() if name in FilingView.model_fields}
    hindrance = "listing" if row.hindrance == HindranceKind.LISTING else "hindered_by"
    return FilingView.model_validate(fields | {"listing": None, "hindered_by": None} | {hindrance: row.hindered_by})
