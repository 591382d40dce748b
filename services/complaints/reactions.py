"""What this service hears: the register of ports, kept as a projection. It reacts to nothing."""

from __future__ import annotations

from chassis.events.routing import Projection
from contracts.ports import PortDeclared
from services.complaints.store.register import keep_declared
from services.complaints.store.tables import REGISTER_PORTS

REGISTER = Projection(name="register", handlers={PortDeclared: keep_declared}, tables=(REGISTER_PORTS,))
PROJECTIONS = (REGISTER,)
