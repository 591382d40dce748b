"""Intake: what a complaint must look like to be accepted, by what it is recognised when it is sent again, and under
which surrogates its complainant is published."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from itertools import product
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from chassis import characters
from chassis.calendar import begin_of, begin_of_day, end_of, following, preceding, quarter_of
from chassis.escapes import unescaped
from chassis.field_errors import FieldError
from chassis.hints import conversion_fault, meant, shown, shown_if_short
from chassis.wrong_fields import PERSONAL
from contracts.channels import CHANNELS
from contracts.damage import damage_of
from contracts.moments import Moment
from contracts.numbers import NumberKind, SenderNumber
from contracts.provinces import PROVINCES, province_spellings
from contracts.vocabulary import Consent
from services.complaints.policy.rulebook import ComplaintForm

DERIVED = "hmac:"
"""The prefix of an external id that this service derived, because the channel gave none."""


# The separators without which a sender's number is recognised: those of `SenderNumber.parse`, as ranges of code points.
# `parse` learns, and another interpreter has another table; a list here is never changed: a complaint that was filed
# must be recognised by the identity it had then. What `parse` learns becomes a further list.
_SEPARATORS = (
    "0-20 28-29 2D 7F-A0 AD 300-36F 483-489 58A 5BE 600-605 61C 6DD 70F 890-891 8E2 115F-1160 1400 1680 17B4-17B5 1806"
    " 180B-180F 1AB0-1ACE 1DC0-1DFF 2000-2015 2028-202F 205F-206F 20D0-20F0 2212 2800 2DE0-2DFF 2E17 2E1A 2E3A-2E3B"
    " 2E40 2E5D 3000 301C 3030 3099-309A 30A0 3164 A66F-A672 A674-A67D A69E-A69F A8E0-A8F1 FE00-FE0F FE20-FE2F"
    " FE31-FE32 FE58 FE63 FEFF FF08-FF09 FF0D FFA0 FFF0-FFFB 10376-1037A 10EAD 110BD 110CD 1133B 11366-1136C"
    " 11370-11374 13430-13438 16FE4 1BCA0-1BCA3 1D159 1D173-1D17A 1D242-1D244 1E000-1E006 1E008-1E018 1E01B-1E021"
    " 1E023-1E024 1E026-1E02A E0000-E0FFF"
)
_SEPARATORS_OF_0_1 = "9-D 20 28-29 2D A0 AD 1680 2000-2014 202A-202F 205F-2060 2066-2069 2212 3000 FEFF FF08-FF09 FF0D"
"""Those of release 0.1.0."""


def _removal(ranges: str) -> dict[int, str | None]:
    """For `str.translate`: removes these code points, and makes full-width digits and signs ordinary ones."""
    removed: dict[int, str | None] = {0xFF0B: "+", **{0xFF10 + digit: str(digit) for digit in range(10)}}
    for each in ranges.split():
        first, _, last = each.partition("-")
        removed |= dict.fromkeys(range(int(first, 16), int(last or first, 16) + 1))
    return removed


_REMOVAL, _REMOVAL_OF_0_1 = _removal(_SEPARATORS), _removal(_SEPARATORS_OF_0_1)


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A complaint as a channel files it: who (`complainant_number`) received which message from which sender, and when.

    `external_id` is the channel's own; without one the same complaint is recognised by its content.
    """

    channel: Annotated[str, Meta(description="the code of the channel that received it", examples=["12321_web"])]
    complainant_number: Annotated[
        str, Meta(description="a mobile or landline number in digits", examples=["13900001234"]), PERSONAL
    ]
    sender_number: Annotated[
        str, Meta(description="the number the message came from, as shown", examples=["1069012345678"])
    ]
    text: Annotated[str, Meta(description="the message, word for word", examples=["【示例】限时优惠，回T退订"])]
    sent_at: Annotated[Moment, Meta(examples=["2026-05-06T09:00:00+08:00"])]
    received_at: Annotated[
        Moment, Meta(description="when the channel received the complaint", examples=["2026-05-06T09:30:00+08:00"])
    ]
    external_id: Annotated[
        str | None,
        Meta(
            description="the channel's own id; the same id twice is one complaint. White space at its ends does not"
            " count, nor whether an accent is a character of its own"
        ),
    ] = None
    complainant_province: Annotated[str | None, Meta(description="six digits (GB/T 2260)", examples=["440000"])] = None
    consented: Annotated[Consent, Meta(description="whether the complainant had agreed to such messages")] = (
        Consent.UNKNOWN
    )
    unsubscribed: Annotated[bool, Meta(description="whether the complainant had unsubscribed before")] = False

    _removal: ClassVar[Mapping[int, str | None]] = _REMOVAL

    # Both are needed in many places: to parse them again and again takes a quarter of the time of a line.
    @cached_property
    def complainant(self) -> SenderNumber:
        """The complainant's number, parsed."""
        return SenderNumber.parse(self.complainant_number)

    @cached_property
    def sender(self) -> SenderNumber:
        """The sender's number, parsed."""
        return SenderNumber.parse(self.sender_number)

    @property
    def identifier(self) -> str | None:
        """The external id in the one form in which it is stored: NFC, without white space at its ends."""
        return None if self.external_id is None else unicodedata.normalize("NFC", self.external_id).strip()

    @property
    def published_sender(self) -> SenderNumber:
        """The sender's number as it is stored and published: without the recipient's in its extension."""
        return self.sender.without_person(_bare(self.complainant))

    @property
    def identity(self) -> str:
        """What distinguishes this complaint, in one text: channel, complainant, sender, time and text."""
        sender = self._sender(self._removal)
        return _joined(self.channel, self.complainant.number, sender, _utc(self.sent_at), self.text)

    def _sender(self, removal: Mapping[int, str | None]) -> str:
        raw = self.sender_number
        return self.sender.number if raw.isascii() and raw.isdigit() else SenderNumber.of(raw.translate(removal)).number

    @property
    def content(self) -> str:
        """Its whole content, in one text: a complaint that is sent again under one external id must have the same."""
        return _joined(
            self.identity,
            self.complainant_province or "",
            _utc(self.received_at),
            self.consented.value,
            str(self.unsubscribed),
        )


class ReportOf01(Report, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A report as release 0.1.0 recognised it: with fewer separators in the number of the sender, and by its external
    id as it was sent."""

    _removal: ClassVar[Mapping[int, str | None]] = _REMOVAL_OF_0_1

    @property
    def identifier(self) -> str | None:
        """The external id as it was sent."""
        return self.external_id


def earlier_readings(report: Report) -> Iterator[Report]:
    """What else release 0.1.0 may have read where a request had this report: it cut off the fractions of a microsecond
    that are rounded now, knew fewer separators, and left the external id as it was."""
    readings = [report]
    if report.identifier != report.external_id or report._sender(_REMOVAL) != report._sender(_REMOVAL_OF_0_1):
        readings.append(ReportOf01(**msgspec.structs.asdict(report)))
    for reading, sent_at, received_at in product(readings, _cut_off(report.sent_at), _cut_off(report.received_at)):
        if (reading, sent_at, received_at) != (report, report.sent_at, report.received_at):
            yield msgspec.structs.replace(reading, sent_at=sent_at, received_at=received_at)


def _cut_off(moment: datetime) -> tuple[datetime, ...]:
    # Most channels state whole seconds: nothing was cut off.
    return (moment, moment - timedelta(microseconds=1)) if moment.microsecond else (moment,)


def find_errors(report: Report, form: ComplaintForm, now: datetime) -> list[FieldError]:
    """Every field error of a report; empty where it is accepted. No error quotes the complainant's number."""
    return [*_wrong_words(report, form), *_wrong_numbers(report, form), *_wrong_moments(report, form, now)]


def _wrong_words(report: Report, form: ComplaintForm) -> Iterator[FieldError]:
    if report.channel not in CHANNELS:
        value = shown(report.channel)
        detail = f"`{value}`: no channel has that code{meant(report.channel, CHANNELS)}"
        yield FieldError("channel", detail, "unknown-channel", value)
    if report.complainant_province is not None and report.complainant_province not in PROVINCES:
        value = shown(report.complainant_province)
        detail = f"`{value}`: no province has that code (six digits){_province_meant(report.complainant_province)}"
        yield FieldError("complainant_province", detail, "unknown-province", value)
    if not 0 < len(report.text) <= form.longest_text or _is_blank(report.text):
        yield FieldError("text", f"a text has 1 to {form.longest_text} characters, not all of them blank", "length")
    elif not _storable(report.text):
        yield FieldError("text", "a text has no NUL and no half of a surrogate pair", "characters")
    elif fault := conversion_fault(report.text):
        yield FieldError("text", fault, "lost", shown_if_short(report.text))
    identifier = report.identifier
    if identifier is None:
        return
    if not 0 < len(identifier) <= form.longest_external_id or not identifier.isprintable():
        detail = f"an external id has 1 to {form.longest_external_id} printable characters"
        yield FieldError("external_id", detail, "length")
    elif identifier.startswith(DERIVED):
        yield FieldError("external_id", f"the prefix {DERIVED} is reserved for derived ids", "reserved")
    elif len(number := _bare(report.complainant)) > 4 and _contains(identifier, number):
        yield FieldError("external_id", "an external id must not contain the complainant's number", "personal")


def _province_meant(text: str) -> str:
    return meant(text[:2] if text.isdigit() else text, (), province_spellings())


def _wrong_numbers(report: Report, form: ComplaintForm) -> Iterator[FieldError]:
    complainant, sender = report.complainant, report.sender
    if complainant.kind not in (NumberKind.MOBILE, NumberKind.LANDLINE):
        detail = "a complainant has a mobile or a landline number, in digits"
        likely = damage_of(report.complainant_number)
        yield FieldError("complainant_number", f"{detail}; {likely.advice}" if likely else detail, "number")
    if not 0 < len(report.sender_number) <= form.longest_sender or not sender.number:
        yield FieldError("sender_number", f"a sender has 1 to {form.longest_sender} characters", "length")
    elif not _storable(report.sender_number):
        yield FieldError("sender_number", "a sender has no NUL and no half of a surrogate pair", "characters")
    elif complainant.kind is not NumberKind.INVALID and _reveals(report):
        yield FieldError("sender_number", "the sender must not be the complainant", "personal")
    elif sender.kind is NumberKind.INVALID and (damage := damage_of(report.sender_number)):
        yield FieldError("sender_number", damage.detail, "damaged", damage.shown)


def _wrong_moments(report: Report, form: ComplaintForm, now: datetime) -> Iterator[FieldError]:
    first, last = begin_of_day(form.not_before), now + form.skew
    for name, moment in (("sent_at", report.sent_at), ("received_at", report.received_at)):
        if moment < first:
            early = f"a time before {form.not_before.isoformat()} (Beijing time) is a mistake"
            yield _wrong_moment(name, moment, early, "too-early")
    if report.received_at > last:
        yield _wrong_moment("received_at", report.received_at, "a complaint is not received in the future", "future")
    # Arithmetic only on times that are in bounds: another one may overflow.
    elif report.received_at >= first and report.sent_at > report.received_at + form.skew:
        early = "a message is sent before the complaint is received"
        yield _wrong_moment("sent_at", report.sent_at, early, "order")


def _wrong_moment(field: str, moment: datetime, detail: str, code: str) -> FieldError:
    value = str(msgspec.to_builtins(moment))
    return FieldError(field, f"`{value}`: {detail}", code, value)


def _reveals(report: Report) -> bool:
    """Whether the sender is, or contains, the complainant's number, in any spelling. Senders are published."""
    # The extension of a port may be any digits, by chance or by the choice of its holder. A number that begins with 106
    # and is not in the plan has no holder.
    return report.sender.access is None and _contains(report.sender_number, _bare(report.complainant))


def _contains(text: str, number: str) -> bool:
    """Whether a text contains the digits of a number, in any spelling, escaped ones too."""
    plain = unescaped(text)
    return characters.contain_number(text, number) or (plain != text and characters.contain_number(plain, number))


def _bare(number: SenderNumber) -> str:
    """The digits of a number without the trunk prefix 0, which stands only before some spellings."""
    return characters.digits(number.number).removeprefix("0")


def _is_blank(text: str) -> bool:
    return all(each.isspace() or each in characters.IGNORABLE for each in text)


def _utc(moment: datetime) -> str:
    return f"{moment.timestamp():.6f}"


def _joined(*parts: str) -> str:
    """The parts in one text, unambiguously: each with its length."""
    return "".join([f"{len(part)}:{part}" for part in parts])


def _storable(text: str) -> bool:
    """Whether PostgreSQL can store a text: it has no NUL, and can be encoded in UTF-8."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def surrogate_quarters(received_at: datetime, overlap: timedelta) -> tuple[str, ...]:
    """The quarters whose surrogates of the complainant are published with a complaint received at that moment: its own,
    and within `overlap` of a change of quarters also the adjacent one.

    So two complaints of one person within twice the overlap always have a surrogate in common.
    """
    quarter = quarter_of(received_at)
    if received_at < begin_of(quarter) + overlap:
        return quarter, preceding(quarter)
    if received_at >= end_of(quarter) - overlap:
        return quarter, following(quarter)
    return (quarter,)
