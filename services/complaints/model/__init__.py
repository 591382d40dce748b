"""The domain of this service: complaints, the reveals of who complained, and the holds of channels.

Each transition checks its state.
"""

from __future__ import annotations

from services.complaints.model.complaint import Assessment, Assessor, Complaint, ComplaintState, WithdrawalReason
from services.complaints.model.hold import ChannelHold
from services.complaints.model.reveal import Reveal, RevealDecision, RevealState

__all__ = [
    "Assessment",
    "Assessor",
    "ChannelHold",
    "Complaint",
    "ComplaintState",
    "Reveal",
    "RevealDecision",
    "RevealState",
    "WithdrawalReason",
]
