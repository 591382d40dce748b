"""What several views have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chassis.privacy import redact

Redacted = Annotated[str, AfterValidator(redact)]
"""Text from which personal data is removed when the view is made."""


class SenderView(BaseModel):
    """The number a message came from, as the numbering plan reads it."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    kind: str = Field(description="port, mobile, service, landline, international or invalid")
    base: str | None = Field(description="the access code as assigned; null unless it is a port on the plan")
    extension: str
    access_class: str | None


def equal(table: sa.Table, wanted: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    """Conditions on columns, where a value is wanted at all."""
    return [table.c[name] == value for name, value in wanted.items() if value is not None]
