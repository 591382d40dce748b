"""Whose rows a caller sees: an authority what was handed over to it, a provincial administration what people of its
province complained of, the ministry all."""

from __future__ import annotations

from dataclasses import dataclass

from services.referrals.model import HANDED_OVER, Clue


@dataclass(frozen=True, slots=True)
class Sight:
    """The rows that are seen: those of one authority or of one province, where one is named."""

    authority: str | None = None
    province: str | None = None

    @property
    def everything(self) -> bool:
        """Whether it is that of national staff."""
        return self.authority is None and self.province is None

    def may_act_on(self, clue: Clue) -> bool:
        """Whether a clue is this authority's, or anybody's for national staff. Provincial staff only look."""
        if self.authority is None:
            return self.province is None
        return clue.authority == self.authority and clue.state in HANDED_OVER


EVERYTHING = Sight()
