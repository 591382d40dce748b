"""What this service consumes: the register of ports, as a projection."""

from __future__ import annotations

from chassis.events.routing import Projection
from contracts.ports import FilingRecorded, PortDeclaredV1
from services.complaints.store.register import save_filings
from services.complaints.store.tables import REGISTER_FILINGS, REGISTER_HOLDERS

# Processes of release 0.1.0 share no consumer group with these: the group "register" stores the facts in another table.
PROJECTIONS = (
    Projection(
        name="filings",
        handlers={FilingRecorded: save_filings, PortDeclaredV1: save_filings},
        tables=(REGISTER_FILINGS, REGISTER_HOLDERS),
    ),
)
