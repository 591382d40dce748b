"""Points in time in facts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its offset (RFC 3339). A time without offset is refused on decoding: it could not be compared."""
