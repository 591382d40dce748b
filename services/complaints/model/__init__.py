"""The domain of this service: complaints, and the reveals of who complained. Each transition checks its state."""

from __future__ import annotations

from services.complaints.model.complaint import Assessment, Assessor, Complaint, ComplaintState, WithdrawalReason
from services.complaints.model.reveal import Reveal, RevealDecision, RevealState

__all__ = [
    "Assessment",
    "Assessor",
    "Complaint",
    "ComplaintState",
    "Reveal",
    "RevealDecision",
    "RevealState",
    "WithdrawalReason",
]
