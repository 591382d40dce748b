"""The initial load of a carrier: its first register, which is on record from its own begin.

    open ──► closed

One person of the regulator opens it and another one closes it, once per carrier. Nothing about it leaves this service
but the mark of its filings, so it has no events: its version counts its own steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.aggregate import ConflictError, require_another_person


@dataclass(kw_only=True)
class InitialLoad:
    """One load. While it is open, what is filed of the carrier's ports is initial. `actors` are the persons in its
    chain, who do not close it; `opened_by` is None where the carrier had filings in a release without loads."""

    id: UUID
    carrier: str
    reason: str | None
    opened_at: datetime
    opened_by: str | None
    actors: tuple[str, ...]
    closed_at: datetime | None = None
    closed_by: str | None = None
    closing_reason: str | None = None
    version: int = 1
    stored_version: int = 0

    def close(self, closer: str, reason: str | None, at: datetime) -> None:
        """A person who is not in its chain closes it: what is filed from now on is not initial. Raises
        ConflictError."""
        if self.closed_at is not None:
            raise ConflictError("load-is-closed", f"The load was closed at {self.closed_at:%Y-%m-%d %H:%M:%S}Z.")
        require_another_person(closer, self.actors)
        self.closed_at = at
        self.closed_by = closer
        self.closing_reason = reason
        self.version += 1
