"""A hold of a channel: what it files counts towards no automatic act until a person of staff releases it.

    held ──► released

Nothing about it leaves this service, so it has no events: its version counts its own steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.aggregate import ConflictError
from chassis.citation import Citation


@dataclass(kw_only=True)
class ChannelHold:
    """One hold, with its reason and the rule that it is based on. `released_by` is the subject of a token: a person."""

    id: UUID
    channel: str
    reason: str
    rules: tuple[Citation, ...]
    held_at: datetime
    released_at: datetime | None = None
    released_by: str | None = None
    release_reason: str | None = None
    version: int = 1
    stored_version: int = 0

    def release(self, reason: str, by: str, at: datetime) -> None:
        """What the channel files from now on counts again. Raises ConflictError ("hold-state") where it is released."""
        if self.released_at is not None:
            raise ConflictError("hold-state", f"The channel was released at {self.released_at:%Y-%m-%d %H:%M:%S}Z.")
        self.released_at = at
        self.released_by = by
        self.release_reason = reason
        self.version += 1
