"""What this service consumes: assessed and withdrawn complaints, and filed ports for the names of enterprises."""

from __future__ import annotations

from chassis.events.routing import Projection, Routing
from contracts.complaints import ComplaintAssessed, ComplaintWithdrawn
from contracts.ports import FilingRecorded, PortDeclaredV1
from services.referrals.commands.collecting import collect
from services.referrals.store.enterprises import save_names
from services.referrals.store.tables import ENTERPRISES

REACTIONS: Routing = {
    ComplaintAssessed: collect,
    ComplaintWithdrawn: collect,
}

PROJECTIONS = (
    Projection(
        name="enterprises", handlers={FilingRecorded: save_names, PortDeclaredV1: save_names}, tables=(ENTERPRISES,)
    ),
)
