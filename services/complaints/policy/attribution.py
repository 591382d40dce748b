"""Attribution: who is responsible for a message, by what the register had on record when the message was sent.

The exact number, else the longest prefix whose filing covers its extensions, else the holder of the access code. A
filing that declares the number for that time, but was not on record then, names an enterprise only as claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chassis.aggregate import union
from chassis.redaction import Written, written
from contracts.complaints import Attribution
from contracts.numbers import NumberKind, SenderNumber
from contracts.ports import Filing
from contracts.register import declared_for, on_record_at
from contracts.vocabulary import AttributionKind
from services.complaints.policy.signatures import Signed, Spelling, normalised


@dataclass(frozen=True, slots=True)
class RegisteredPort:
    """A port of the register with its whole history of filings."""

    carrier: str
    number: str
    filings: tuple[Filing, ...]


@dataclass(frozen=True, slots=True)
class CodeHolder:
    """An enterprise that holds an access code at a carrier; `since` is when the first of its filings there came on
    record."""

    carrier: str
    holder: str
    since: datetime


@dataclass(frozen=True, slots=True)
class RegisterPart:
    """The part of the register that some messages need: the ports with their numbers or their prefixes, and the holders
    of their access codes at the moments of sending."""

    ports: Mapping[str, Sequence[RegisteredPort]] = field(default_factory=dict)
    holders: Mapping[tuple[str, datetime], Sequence[CodeHolder]] = field(default_factory=dict)

    def filed(self, sender: SenderNumber, at: datetime) -> list[tuple[RegisteredPort, Filing]]:
        """The filings that were on record for a number at a moment: its own, else those of its longest covering
        prefix."""
        return self._covering(sender, lambda history: on_record_at(history, at))

    def persons_behind(self, sender: SenderNumber, at: datetime) -> tuple[str, ...]:
        """The persons of the regulator who filed what was on record for a number at a moment; where nothing was, what
        declares it for that moment."""
        return union(*(filing.filed_by for _, filing in self.filed(sender, at) or self.claimed(sender, at)))

    def claimed(self, sender: SenderNumber, at: datetime) -> list[tuple[RegisteredPort, Filing]]:
        """The filings that declare a number for a moment in the present register, in the same order. Where none was on
        record at that moment, all of them were recorded too late for it."""
        return self._covering(sender, lambda history: declared_for(history, at))

    def holding(self, sender: SenderNumber, at: datetime) -> Sequence[CodeHolder]:
        """The holders of the number's access code at a moment that was asked for."""
        return self.holders.get((sender.base or "", at), ())

    def _covering(self, sender: SenderNumber, chosen: _Chosen) -> list[tuple[RegisteredPort, Filing]]:
        own = self._filings(sender.number, chosen)
        if own or sender.kind is not NumberKind.PORT:
            return own
        for prefix in sender.declared_prefixes:
            covering = [(port, filing) for port, filing in self._filings(prefix, chosen) if filing.covers_extensions]
            if covering:
                return covering
        return []

    def _filings(self, number: str, chosen: _Chosen) -> list[tuple[RegisteredPort, Filing]]:
        filings = ((port, chosen(port.filings)) for port in self.ports.get(number, ()))
        return [(port, filing) for port, filing in filings if filing is not None]


_Chosen = Callable[[Iterable[Filing]], Filing | None]
"""Which filing of a port's history counts."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """An attribution with its reasons, and the purpose of the port where its filings have only one."""

    attribution: Attribution
    reasons: tuple[str, ...]
    purpose: str | None = None


def attribute(
    sender: SenderNumber,
    sent_at: datetime,
    signed: Signed,
    register: RegisterPart,
    spelling: Spelling,
) -> Attributed:
    """Who is responsible for a message of `sender` that is signed in this way."""
    if sender.kind is NumberKind.MOBILE:
        return _no_port(AttributionKind.P2P, signed, sent_at, "sender:mobile")
    if sender.kind is not NumberKind.PORT:
        return _no_port(AttributionKind.OTHER, signed, sent_at, f"sender:{sender.kind.value}")
    filed = register.filed(sender, sent_at)
    if not filed:
        return _not_on_record(sender, sent_at, signed, register)
    # A name without the form of a signature counts where none can be read and it is the filed one, and nowhere else.
    filed_names = {name for _, filing in filed for name in _names(filing, spelling)}
    seen = signed.signatures or tuple(name for name in signed.unread if name and name in filed_names)
    matching = [each for each in filed if not _names(each[1], spelling).isdisjoint(seen)]
    if matching:
        read = Signed(seen, signed.body, escaped=signed.escaped)
        return _by_filing(AttributionKind.DECLARED, matching, sender, sent_at, read, spelling)
    if not signed.signatures:
        # A missing signature is a breach, but no sign of another sender: the register alone decides. An unreadable one
        # is such a sign: the port is filed, but its provider is not named by that alone.
        return _by_filing(AttributionKind.DECLARED, filed, sender, sent_at, signed, spelling)
    return _by_filing(AttributionKind.SUBLET_SUSPECTED, filed, sender, sent_at, signed, spelling)


def _by_filing(
    kind: AttributionKind,
    filed: Sequence[tuple[RegisteredPort, Filing]],
    sender: SenderNumber,
    sent_at: datetime,
    signed: Signed,
    spelling: Spelling,
) -> Attributed:
    signatures = signed.signatures
    by_plan = [each for each in filed if each[0].carrier in sender.carriers]
    responsible = by_plan or list(filed)
    carrier = _only({port.carrier for port, _ in responsible})
    provider = _only({filing.provider for _, filing in responsible})
    _, filing = responsible[0]
    names = {name for _, each in responsible for name in _names(each, spelling)}
    reasons = ["filed:exact" if responsible[0][0].number == sender.number else "filed:prefix"]
    if carrier is None:
        reasons.append("filed:several-carriers")
    # Two senders share the message, and the filing does not show which of them sent it.
    ambiguous = kind is AttributionKind.DECLARED and not {*signatures, *signed.escaped} <= names
    if signed.unreadable:
        reasons.append("signature:unreadable")
    elif not signatures:
        reasons.append("signature:none")
    elif kind is AttributionKind.DECLARED:
        reasons.append("signature:as-filed")
        if ambiguous:
            reasons.append("signature:also-another")
    else:
        reasons.append("signature:another-than-filed")
    unidentified = signed.unreadable or ambiguous
    return Attributed(
        Attribution(
            kind=kind,
            carrier=carrier,
            holder=_only({each.holder for _, each in responsible}),
            # A message under another signature too, or perhaps under another one, may not be the filed provider's.
            provider=provider if kind is AttributionKind.DECLARED and not unidentified else None,
            signature=next((written(name) for name in signatures if name in names), _first(signed)),
            filed_signature=filing.signature,
            as_of=sent_at,
            signature_unreadable=unidentified,
        ),
        tuple(reasons),
        _only({each.purpose for _, each in responsible}),
    )


def _not_on_record(sender: SenderNumber, sent_at: datetime, signed: Signed, register: RegisterPart) -> Attributed:
    holders = register.holding(sender, sent_at)
    claimed = [filing for _, filing in register.claimed(sender, sent_at)]
    carriers = {each.carrier for each in holders} or set(sender.carriers)
    if sender.off_plan:
        reason = "access-code:off-plan"
    else:
        reason = "access-code:of-a-holder" if holders else "access-code:unknown"
    reasons = [reason]
    if claimed:
        reasons.append("filed:declared-late")
    elif sender.number in register.ports:
        reasons.append("filed:not-at-that-time")
    return Attributed(
        Attribution(
            kind=AttributionKind.DECLARED_LATE if claimed else AttributionKind.UNREGISTERED,
            carrier=_only(carriers),
            # Who holds the access code is no evidence against an enterprise where another one claims the number.
            holder=None if claimed else _only({each.holder for each in holders}),
            provider=None,
            signature=_first(signed),
            filed_signature=None,
            as_of=sent_at,
            signature_unreadable=signed.unreadable,
            claimed_holder=_only({each.holder for each in claimed}),
            claimed_provider=_only({each.provider for each in claimed}),
        ),
        tuple(reasons),
    )


def _no_port(kind: AttributionKind, signed: Signed, sent_at: datetime, reason: str) -> Attributed:
    return Attributed(
        Attribution(
            kind=kind,
            carrier=None,
            holder=None,
            provider=None,
            signature=_first(signed),
            filed_signature=None,
            as_of=sent_at,
            signature_unreadable=signed.unreadable,
        ),
        (reason,),
    )


def _first(signed: Signed) -> Written | None:
    return written(signed.signatures[0]) if signed.signatures else None


def _names(filing: Filing, spelling: Spelling) -> set[str]:
    """The signatures that fit this filing: the filed one and the provider's own name."""
    return {normalised(filing.signature, spelling), normalised(filing.provider_name, spelling)}


def _only(values: set[str]) -> str | None:
    """The value, where there is exactly one; otherwise None."""
    return next(iter(values)) if len(values) == 1 else None
