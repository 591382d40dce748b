"""The rules of the sandbox, with their parameters from `rules.yaml`."""

from __future__ import annotations

from typing import ClassVar

from chassis.rates import ClientRate
from chassis.rules import Rulebook


class TokenRate(ClientRate, frozen=True, kw_only=True):
    """How many tokens one client may request, and one address."""

    code: ClassVar[str] = "rate.tokens"


RULES = Rulebook.of("sandbox", TokenRate)
