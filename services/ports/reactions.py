"""The event types that this service consumes, and the command that handles each."""

from __future__ import annotations

from chassis.events.routing import Routing
from contracts.complaints import ComplaintAssessed, ComplaintWithdrawn
from contracts.credit import StandingChanged
from services.ports.commands.evidence import take_evidence, withdraw_evidence
from services.ports.commands.listings import apply_standings

REACTIONS: Routing = {
    ComplaintAssessed: take_evidence,
    ComplaintWithdrawn: withdraw_evidence,
    StandingChanged: apply_standings,
}
