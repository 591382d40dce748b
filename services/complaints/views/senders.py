"""The number a message came from, as answers show it."""

from __future__ import annotations

from pydantic import BaseModel, Field

from contracts.numbers import SenderNumber


class SenderView(BaseModel):
    """The number a message came from, as the numbering plan reads it."""

    number: str
    kind: str = Field(description="port, mobile, service, landline, international or invalid")
    base: str | None = Field(description="the access code as assigned; null for what is no port or is off the plan")
    extension: str
    access_class: str | None

    @classmethod
    def of(cls, sender: SenderNumber) -> SenderView:
        return cls(
            number=sender.number,
            kind=sender.kind.value,
            base=sender.base,
            extension=sender.extension,
            access_class=sender.access_class,
        )
