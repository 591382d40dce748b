"""What this service is about: ports, orders and enquiries. A transition checks its state and records its event."""

from __future__ import annotations

from services.ports.model.enquiry import Addressed, Answer, Enquiry, EnquiryState
from services.ports.model.filing import Application, Decision, Filing
from services.ports.model.order import Ground, Order, OrderState, RefusalCode
from services.ports.model.port import Port, PortStatus

__all__ = [
    "Addressed",
    "Answer",
    "Application",
    "Decision",
    "Enquiry",
    "EnquiryState",
    "Filing",
    "Ground",
    "Order",
    "OrderState",
    "Port",
    "PortStatus",
    "RefusalCode",
]
