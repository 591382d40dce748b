"""Whether an order may follow from complaints without a person.

Who has the credential of one channel can invent as many complainants as any rule asks for. So an automatic order needs
complaints of several channels, received over some time, and none in which a person of the regulator has a part: who
filed or corrected it, or filed the port.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from chassis.citation import Citation
from services.ports.policy.evidence import Evidence


@dataclass(frozen=True, slots=True)
class AutomaticRule:
    """From how many channels complaints must come, and over which span they must have been received, for an order
    without a person: as one version of the rule sets it."""

    channels: int
    span: timedelta
    citation: Citation

    def allows(self, evidence: Sequence[Evidence]) -> bool:
        """Whether an order may follow from this evidence without a person. More evidence never makes it less so."""
        return not (self._of_few_channels(evidence) or self._at_once(evidence))

    def reservations(self, evidence: Sequence[Evidence]) -> tuple[str, ...]:
        """Why a person must decide on this evidence."""
        channels = _channels(evidence)
        found = []
        if by_persons := sum(bool(each.actors) for each in evidence):
            found.append(f"staff filed or corrected {by_persons} of the complaints, or filed the port")
        if held := _channels([each for each in evidence if each.held]):
            found.append(f"the channel {', '.join(held)} is held, because it files too much")
        if self._of_few_channels(evidence):
            found.append(
                f"the complaints came through {', '.join(channels) or 'unknown channels'}; "
                f"an automatic order needs {self.channels} channels"
            )
        if self._at_once(evidence):
            found.append(
                f"the complaints reached the platform within {length(_received_within(evidence))}; "
                f"an automatic order needs {length(self.span)}"
            )
        return tuple(found)

    def _of_few_channels(self, evidence: Sequence[Evidence]) -> bool:
        return len(_channels(evidence)) < self.channels

    def _at_once(self, evidence: Sequence[Evidence]) -> bool:
        return _received_within(evidence) < self.span


def is_independent(evidence: Evidence) -> bool:
    """Whether a complaint counts towards an order without a person: no person of the regulator or of an authority has a
    part in it or in the filing by which it is judged, and its channel was not held."""
    return not (evidence.actors or evidence.held)


def length(span: timedelta) -> str:
    """A span of time in words."""
    for unit in ("days", "hours", "minutes", "seconds"):
        count = span // timedelta(**{unit: 1})
        if count:
            break
    return f"{count} {unit.removesuffix('s') if count == 1 else unit}"


def _channels(evidence: Sequence[Evidence]) -> list[str]:
    return sorted({each.channel for each in evidence if each.channel is not None})


def _received_within(evidence: Sequence[Evidence]) -> timedelta:
    moments = [each.arrived_at for each in evidence if each.arrived_at is not None]
    return max(moments) - min(moments) if moments else timedelta()
