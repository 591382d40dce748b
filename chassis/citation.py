"""How a decision cites the rule that it applies."""

from __future__ import annotations

import msgspec


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """The version of a rule that a decision applies, with its legal source and the certainty of that source
    (`mark`: S R R~ M D)."""

    rule: str
    version: str
    legal_source: str
    mark: str
