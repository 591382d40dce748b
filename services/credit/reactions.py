"""The facts that this service consumes: the reactions, and the projection of enterprise names."""

from __future__ import annotations

from chassis.events.routing import Projection, Routing
from contracts.ports import FilingRecorded, PortDeclaredV1
from services.credit.commands.facts import COMMANDS, take_facts
from services.credit.store.received import save_names
from services.credit.store.tables import NAMES

REACTIONS: Routing = dict.fromkeys(COMMANDS, take_facts)
PROJECTIONS = (
    Projection(name="enterprises", handlers={FilingRecorded: save_names, PortDeclaredV1: save_names}, tables=(NAMES,)),
)
