"""What this service consumes: the register of ports, as a projection."""

from __future__ import annotations

from chassis.events.routing import Projection
from contracts.ports import PortDeclared
from services.complaints.store.register import save_declared_ports
from services.complaints.store.tables import REGISTER_PORTS

PROJECTIONS = (Projection(name="register", handlers={PortDeclared: save_declared_ports}, tables=(REGISTER_PORTS,)),)
