"""The facts that this service consumes: the reactions, and the projection of enterprise names."""

from __future__ import annotations

from chassis.events.routing import Projection, Routing
from contracts.ports import FilingRecorded, GroundFell, OrderExecuted, OrderLifted, PortDeclaredV1
from contracts.referrals import ClueConcluded, ConclusionAnnulled
from services.credit.commands.clues import propose_after_fines, withdraw_after_annulments
from services.credit.commands.orders import count_orders
from services.credit.store.received import save_names
from services.credit.store.tables import NAMES

REACTIONS: Routing = {
    ClueConcluded: propose_after_fines,
    ConclusionAnnulled: withdraw_after_annulments,
    OrderExecuted: count_orders,
    OrderLifted: count_orders,
    GroundFell: count_orders,
}
PROJECTIONS = (
    Projection(name="enterprises", handlers={FilingRecorded: save_names, PortDeclaredV1: save_names}, tables=(NAMES,)),
)
