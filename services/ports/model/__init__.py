"""The domain of this service: ports, their initial loads, orders, enquiries, listings and proposals. A transition
checks the state and records its event, if it has one."""

from __future__ import annotations

from services.ports.model.enquiry import Addressed, Answer, Enquiry, EnquiryState
from services.ports.model.filing import (
    Application,
    FilingContent,
    FilingDecision,
    Hindrance,
    HindranceKind,
    PortFiling,
)
from services.ports.model.initial_load import InitialLoad
from services.ports.model.listing import Listing, ListingPhase
from services.ports.model.order import Order, OrderState, RefusalCode, ShutdownGround
from services.ports.model.port import Port, PortKey, PortStatus
from services.ports.model.proposal import ProposalState, ShutdownBasis, ShutdownProposal, Verdict

__all__ = [
    "Addressed",
    "Answer",
    "Application",
    "Enquiry",
    "EnquiryState",
    "FilingContent",
    "FilingDecision",
    "Hindrance",
    "HindranceKind",
    "InitialLoad",
    "Listing",
    "ListingPhase",
    "Order",
    "OrderState",
    "Port",
    "PortFiling",
    "PortKey",
    "PortStatus",
    "ProposalState",
    "RefusalCode",
    "ShutdownBasis",
    "ShutdownGround",
    "ShutdownProposal",
    "Verdict",
]
