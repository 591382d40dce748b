"""The rule that a decision applies, as responses show it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class CitationView(BaseModel):
    """The version of a rule that a decision applies; `mark` is the certainty of its source."""

    model_config = ConfigDict(from_attributes=True)

    rule: str
    version: str
    legal_source: str
    mark: str
