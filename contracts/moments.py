"""Points in time as facts tell them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its offset (RFC 3339). One without is refused where it is read: it could not be compared later."""
