"""Notices and replies in requests and responses: what a party proves itself with, and what it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chassis.characters import plain
from chassis.privacy import to_hour
from chassis.redaction import Written

HourMoment = Annotated[datetime, AfterValidator(to_hour)]
"""A moment as it leaves the regulator: cut to the hour. Deadlines are exact."""

Party = Annotated[str, Field(max_length=64), AfterValidator(lambda text: plain(text).strip().upper())]
"""The identifier of a party as people type it. It is not checked: a wrong one finds no notice."""


class ReplyCredentials(BaseModel):
    """What the party of a notice proves itself with: its own code, and the reply code of the notice."""

    model_config = ConfigDict(extra="forbid")

    code: Party = Field(description="the code of the party, as it stands in the notice")
    reply_code: str = Field(max_length=64, description="as it stands in the notice; case and separators do not matter")


class NoticeView(BaseModel):
    """A notice as it is issued."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    party: str = Field(description="the code of the party")
    reply_code: str = Field(description="shown only now: it goes into the notice")
    issued_at: datetime


class ReplyView(BaseModel):
    """What the party of a notice has replied."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    statement: Written
    replied_at: datetime
