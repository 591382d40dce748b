"""Identifiers: UUID version 7 (RFC 9562), so that new rows are added at the end of an index."""

from __future__ import annotations

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """A new identifier; later ones sort after earlier ones within a process."""
    return uuid_utils.compat.uuid7()
