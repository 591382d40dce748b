"""What this service is about: ports, orders, enquiries, listings and proposals. A transition checks its state and
records its event, where it has one."""

from __future__ import annotations

from services.ports.model.enquiry import Addressed, Answer, Enquiry, EnquiryState
from services.ports.model.filing import Application, Decision, Filing, Hindrance, HindranceKind
from services.ports.model.listing import Listing, ListingPhase
from services.ports.model.order import Ground, Order, OrderState, RefusalCode
from services.ports.model.port import Port, PortStatus
from services.ports.model.proposal import ProposalState, ShutdownProposal, Verdict

__all__ = [
    "Addressed",
    "Answer",
    "Application",
    "Decision",
    "Enquiry",
    "EnquiryState",
    "Filing",
    "Ground",
    "Hindrance",
    "HindranceKind",
    "Listing",
    "ListingPhase",
    "Order",
    "OrderState",
    "Port",
    "PortStatus",
    "ProposalState",
    "RefusalCode",
    "ShutdownProposal",
    "Verdict",
]
