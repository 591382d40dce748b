"""Intake: what a complaint must look like to be taken, and by what it is recognised when it comes again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from contracts.channels import CHANNELS
from contracts.numbers import NumberKind, SenderNumber
from contracts.provinces import PROVINCES
from contracts.vocabulary import Consent
from services.complaints.policy.standards import Form

Moment = Annotated[datetime, msgspec.Meta(tz=True)]

DERIVED = "hmac:"
"""What an external id begins with that this service derived, because the channel gave none."""


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A complaint as a channel hands it in: who (`complainant_number`) got which message of whom, and when.

    `external_id` is the channel's own; without one the same complaint is recognised by its content.
    """

    channel: str
    complainant_number: str
    sender_number: str
    text: str
    sent_at: Moment
    received_at: Moment
    external_id: str | None = None
    complainant_province: str | None = None
    consented: Consent = Consent.UNKNOWN
    unsubscribed: bool = False

    @property
    def identity(self) -> str:
        """What makes it this complaint and no other, in one text: channel, complainant, sender, time and text."""
        return _joined(
            self.channel, _number(self.complainant_number), _number(self.sender_number), _utc(self.sent_at), self.text
        )

    @property
    def content(self) -> str:
        """Everything it says, in one text: what comes again under one external id must say the same."""
        return _joined(
            self.identity,
            self.complainant_province or "",
            _utc(self.received_at),
            self.consented.value,
            str(self.unsubscribed),
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a report. Never quotes the complainant's number."""

    field: str
    code: str
    detail: str


def faults(report: Report, form: Form, now: datetime) -> list[Fault]:
    """Everything that keeps a report from being taken; empty for a good one."""
    return [*_wrong_words(report, form), *_wrong_numbers(report, form), *_wrong_moments(report, form, now)]


def _wrong_words(report: Report, form: Form) -> Iterator[Fault]:
    if report.channel not in CHANNELS:
        yield Fault("channel", "unknown-channel", "no channel of that name is known")
    if report.complainant_province is not None and report.complainant_province not in PROVINCES:
        yield Fault("complainant_province", "unknown-province", "no province has that code (six digits)")
    if not 0 < len(report.text) <= form.longest_text or report.text.isspace():
        yield Fault("text", "length", f"a text has 1 to {form.longest_text} characters, not all of them blank")
    elif not _storable(report.text):
        yield Fault("text", "characters", "a text has no NUL and no half of a surrogate pair")
    identifier = report.external_id
    if identifier is None:
        return
    if not 0 < len(identifier) <= form.longest_external_id or not identifier.isprintable():
        detail = f"an external id has 1 to {form.longest_external_id} printable characters"
        yield Fault("external_id", "length", detail)
    elif identifier.startswith(DERIVED):
        yield Fault("external_id", "reserved", f"ids that begin with {DERIVED} are derived here")
    elif len(number := _number(report.complainant_number)) > 4 and number in identifier:
        yield Fault("external_id", "personal", "an external id must not hold the complainant's number")


def _wrong_numbers(report: Report, form: Form) -> Iterator[Fault]:
    kind = SenderNumber.parse(report.complainant_number).kind
    if kind not in (NumberKind.MOBILE, NumberKind.LANDLINE):
        yield Fault("complainant_number", "number", "a complainant has a mobile or a landline number, in digits")
    if not 0 < len(report.sender_number) <= form.longest_sender or not _number(report.sender_number):
        yield Fault("sender_number", "length", f"a sender has 1 to {form.longest_sender} characters")
    elif not _storable(report.sender_number):
        yield Fault("sender_number", "characters", "a sender has no NUL and no half of a surrogate pair")
    elif kind is not NumberKind.INVALID and _tells(report.sender_number, _number(report.complainant_number)):
        yield Fault("sender_number", "personal", "a sender is somebody else than the complainant")


def _wrong_moments(report: Report, form: Form, now: datetime) -> Iterator[Fault]:
    early = [
        (name, moment)
        for name, moment in (("sent_at", report.sent_at), ("received_at", report.received_at))
        # Compared without their zones: in the year 1 there is no UTC for half of them.
        if moment.replace(tzinfo=None) < datetime.combine(form.not_before, datetime.min.time())
    ]
    if early:
        for name, _ in early:
            yield Fault(name, "too-early", f"no complaint is older than {form.not_before.isoformat()}")
        return
    if report.received_at > now + form.skew:
        yield Fault("received_at", "future", "a complaint is not received in the future")
    if report.sent_at > report.received_at + form.skew:
        yield Fault("sent_at", "order", "a message is sent before it is complained of")


def _tells(sender: str, complainant: str) -> bool:
    """Whether what is given as a sender is, or holds, the complainant's number. Senders are told outside."""
    parsed = SenderNumber.parse(sender)
    # The extension of a port may be any digits, by chance or by the design of its holder.
    return parsed.kind is not NumberKind.PORT and complainant in parsed.number


def _number(raw: str) -> str:
    return SenderNumber.parse(raw).number


def _utc(moment: datetime) -> str:
    return f"{moment.timestamp():.6f}"


def _joined(*parts: str) -> str:
    """The parts in one text from which they could be told apart again."""
    return "".join(f"{len(part)}:{part}" for part in parts)


def _storable(text: str) -> bool:
    """Whether PostgreSQL can keep a text: it has no NUL, and is Unicode that can be encoded."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
