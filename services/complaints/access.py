"""Who may see and who may act: national staff all complaints, provincial staff their province's, a channel its own.
Each files only through channels of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from chassis.http.auth import Caller
from chassis.http.problems import Forbidden
from chassis.http.targets import target, target_of_person
from chassis.target import Target
from contracts.channels import CHANNELS
from contracts.organisations import is_national, province_of
from services.complaints.model import WithdrawalReason

FILE = "complaints:file"
READ = "complaints:read"
READ_QUARANTINE = "complaints:quarantine"
CORRECT = "complaints:correct"
WITHDRAW = "complaints:withdraw"
REVEAL = "complaints:reveal"
RELEASE = "channels:release"


@dataclass(frozen=True, slots=True)
class Visibility:
    """The complaints that a caller may see: those of one province, or of one channel, where one is named; otherwise
    all. A reveal is as visible as its complaint is to staff."""

    province: str | None = None
    channel: str | None = None

    def includes(self, province: str | None, channel: str | None = None) -> bool:
        """Whether a complaint of this province (None: of none) and this channel may be seen."""
        return self.province in (None, province) and self.channel in (None, channel)


EVERYTHING = Visibility()


def visible_to_staff(caller: Caller) -> Visibility:
    """What staff may see: national staff everything, provincial staff their province. Raises Forbidden for others."""
    if is_national(caller.organisation):
        return EVERYTHING
    province = province_of(caller.organisation)
    if province is None:
        raise Forbidden("Only the regulator's staff may use this.")
    return Visibility(province=province)


def visible_for_withdrawal(caller: Caller, reason: WithdrawalReason) -> Visibility:
    """The complaints that a caller may withdraw for this reason: staff those that they see, a channel its own that
    their complainants took back. Raises Forbidden for any other caller or reason."""
    if caller.org_kind != "channel":
        return visible_to_staff(caller)
    if reason is not WithdrawalReason.TAKEN_BACK:
        raise Forbidden("A channel withdraws complaints that were taken back; only staff give other reasons.")
    return Visibility(channel=caller.org)


def may_file_for(caller: Caller, channel: str) -> bool:
    """Whether a caller may file complaints of this channel: a channel its own, staff those of the channels of staff. An
    unknown channel is not refused here: it is a mistyped one, and the form names that error."""
    if channel not in CHANNELS:
        return True
    if CHANNELS[channel].of_staff:
        return is_national(caller.organisation) or province_of(caller.organisation) is not None
    return caller.organisation == f"channel:{channel}"


StaffComplaint = Annotated[Target[Visibility], target(CORRECT, visible_to_staff)]
"""The complaint that staff correct."""
StaffHold = Annotated[Target[Visibility], target(RELEASE, visible_to_staff)]
"""The hold of a channel that staff release."""
StaffReveal = Annotated[Target[Visibility], target_of_person(REVEAL, visible_to_staff)]
"""The reveal that a person of the staff decides."""
