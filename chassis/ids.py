"""Identifiers: UUID version 7 (RFC 9562), so that new rows are added at the end of an index."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import uuid_utils.compat

_RANDOM = (1 << 80) - 1
"""The bits of an identifier that do not state when it was made."""


def new_id() -> UUID:
    """A new identifier; later ones sort after earlier ones within a process."""
    return uuid_utils.compat.uuid7()


def new_id_at(moment: datetime) -> UUID:
    """A new identifier that states this moment as that of its making: for what is given to others only then."""
    return UUID(int=first_id_at(moment).int | new_id().int & _RANDOM)


def first_id_at(moment: datetime) -> UUID:
    """The smallest of all identifiers that are made from this moment on: ids are compared with it to find those made
    in a span of time."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def reference(kind: str, identifier: UUID) -> str:
    """An object of this kind, as causes, notices and the audit log name it: `complaint:<id>`."""
    return f"{kind}:{identifier}"
