"""What this service is about: complaints, and the reveals of who complained. A transition checks its state."""

from __future__ import annotations

from services.complaints.model.complaint import Assessment, Assessor, Complaint, IncoherentError, State, Withdrawal
from services.complaints.model.reveal import Decision, Reveal, RevealState

__all__ = [
    "Assessment",
    "Assessor",
    "Complaint",
    "Decision",
    "IncoherentError",
    "Reveal",
    "RevealState",
    "State",
    "Withdrawal",
]
