"""By what a report and its complainant are recognised: keyed hashes, because an attacker would find the number behind a
plain one by trying them all.

Nothing is looked up by a complainant's number, so the duration of a response does not show whether a number has
complained before. What a person of the staff files is apart from all else, also from what a colleague files, and a
number counts as a person only where the channel vouches for it: a number of their choice changes no response, count or
fact in another way than any other number (decision 0037).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.privacy import KeyRing
from contracts.channels import CHANNELS
from services.complaints.policy.intake import DERIVED, Report, surrogate_quarters
from services.complaints.policy.rulebook import RULES, SurrogateOverlap

_BYTES_OF_UUID = 16


class ReportIdentity(NamedTuple):
    """The channel and the external id under which a report is filed, and the digest that another report under them is
    compared by."""

    channel: str
    external_id: str
    digest: bytes

    @property
    def key(self) -> tuple[str, str]:
        """What the report is recognised by when it is sent again."""
        return self.channel, self.external_id


@dataclass(frozen=True, slots=True)
class Identities:
    """The identities of what the caller with the subject `filed_by` files."""

    filed_by: str
    ring: KeyRing

    def report(self, report: Report) -> ReportIdentity:
        """The identity of a report."""
        own = self._own(report)
        if report.identifier is None:
            digest = self.ring.fingerprint(f"identity:{own}{report.identity}")
            return ReportIdentity(report.channel, DERIVED + digest.hex(), digest)
        digest = self.ring.fingerprint(f"content:{report.content}")
        return ReportIdentity(report.channel, own + report.identifier, digest)

    def person(self, report: Report, identity: ReportIdentity) -> UUID:
        """The complainant of a report, inside this service: one person in all channels that vouch for it. In any other
        channel each complaint has a complainant of its own: a number that is not proven could be any person's."""
        vouched = CHANNELS[report.channel].vouched
        whose = report.complainant.number if vouched else f"{identity.channel}:{identity.external_id}"
        return UUID(bytes=self.ring.fingerprint(f"complainant:{whose}")[:_BYTES_OF_UUID])

    def _own(self, report: Report) -> str:
        return f"{self.filed_by}:" if CHANNELS[report.channel].of_staff else ""


def published_quarters(received_at: datetime) -> tuple[str, ...]:
    """The quarters whose surrogates of the complainant are published with a complaint received at that moment."""
    return surrogate_quarters(received_at, RULES.at(SurrogateOverlap, received_at).overlap)


def surrogate_of(person: UUID, quarter: str, ring: KeyRing) -> UUID:
    """The surrogate under which a person is published in a quarter ("2026Q4"): without the key, neither the person nor
    the surrogate of another quarter can be derived from it. In the form of a random UUID (RFC 9562, version 4)."""
    return UUID(bytes=ring.fingerprint(f"surrogate:{person}:{quarter}")[:_BYTES_OF_UUID], version=4)
