"""What several views have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SenderView(BaseModel):
    """The number a message came from, as the numbering plan reads it."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    kind: str = Field(description="port, mobile, service, landline, international or invalid")
    base: str | None = Field(description="the access code as assigned; null unless it is a port on the plan")
    extension: str
    access_class: str | None
