"""Filing complaints: each once, whatever comes again, its complainant under the surrogates of the quarter."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis import clock, privacy
from chassis.database import Tx
from chassis.ids import new_id
from contracts.channels import CHANNELS
from contracts.numbers import SenderNumber
from services.complaints.model import State
from services.complaints.policy.intake import DERIVED, Report
from services.complaints.policy.standards import RULES, Surrogates
from services.complaints.policy.surrogates import quarters_told
from services.complaints.store import complaints as store
from services.complaints.store.complainants import Asked, Identity, identities
from services.complaints.store.complaints import Known, NewComplaint

_RECEIPT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of a report: `new` if it was not here before; `conflicting` if its id stands for something else."""

    complaint: UUID
    receipt: str | None
    state: State
    new: bool
    conflicting: bool = False


@dataclass(frozen=True, slots=True)
class _Recognised:
    """A report with what it is recognised by."""

    report: Report
    external_id: str
    digest: bytes
    complainant: bytes

    @property
    def key(self) -> tuple[str, str]:
        return self.report.channel, self.external_id


def file_complaint(tx: Tx, report: Report) -> Filed:
    """File one complaint, for which its complainant gets a receipt."""
    return _file(tx, [report], receipts=True)[0]


def file_complaints(tx: Tx, reports: Sequence[Report]) -> list[Filed]:
    """File many, in a fixed number of statements; what became of each, in their order.

    Of several with one id in `reports` the first one counts.
    """
    return _file(tx, reports, receipts=False)


def _file(tx: Tx, reports: Sequence[Report], *, receipts: bool) -> list[Filed]:
    if not reports:
        return []
    ring = privacy.ring()
    recognised = [_recognise(report, ring) for report in reports]
    # In their order, which is that of the ids they get: of one person's complaints the first ones count.
    first: dict[tuple[str, str], _Recognised] = {}
    for each in recognised:
        first.setdefault(each.key, each)
    told = {key: _told(each) for key, each in first.items()}
    known_as = identities(tx, {asked for both in told.values() for asked in both}, clock.now())
    rows = {}
    for key, each in first.items():
        receipt = secrets.token_urlsafe(_RECEIPT_BYTES) if receipts else None
        rows[key] = _row(each, [known_as[asked] for asked in told[key]], receipt, ring)
    inserted = store.insert_new(tx, list(rows.values()))
    known = store.find_known(tx, [key for key, row in rows.items() if row.id not in inserted])
    if inserted:
        tx.announce()
    outcomes = []
    for each in recognised:
        row = rows[each.key]
        if row.id in inserted and first[each.key] is each:
            outcomes.append(Filed(row.id, row.receipt, State.FILED, new=True))
        else:
            before = known.get(each.key) or Known(row.id, row.digest, row.receipt, State.FILED)
            differs = before.digest != each.digest
            outcomes.append(Filed(before.id, before.receipt, before.state, new=False, conflicting=differs))
    return outcomes


def _recognise(report: Report, ring: privacy.KeyRing) -> _Recognised:
    complainant = ring.fingerprint(f"complainant:{SenderNumber.parse(report.complainant_number).number}")
    if report.external_id is not None:
        return _Recognised(report, report.external_id, ring.fingerprint(f"content:{report.content}"), complainant)
    # Keyed, like the complainant's fingerprint: a plain hash would give the number away to whoever tries them all.
    identity = ring.fingerprint(f"identity:{report.identity}")
    return _Recognised(report, DERIVED + identity.hex(), identity, complainant)


def _told(each: _Recognised) -> list[Asked]:
    """Whose surrogates a complaint tells: those of the quarter it was received in, then perhaps of that beyond the
    change."""
    received_at = each.report.received_at
    overlap = RULES.at(Surrogates, received_at).overlap
    return [(each.complainant, quarter) for quarter in quarters_told(received_at, overlap)]


def _row(each: _Recognised, told: Sequence[Identity], receipt: str | None, ring: privacy.KeyRing) -> NewComplaint:
    report = each.report
    identifier = new_id()
    number = SenderNumber.parse(report.complainant_number).number
    return NewComplaint(
        id=identifier,
        channel=report.channel,
        external_id=each.external_id,
        digest=each.digest,
        sender_number=SenderNumber.parse(report.sender_number).number,
        sender_raw=report.sender_number,
        complainant_id=told[0].person,
        surrogate=told[0].surrogate,
        surrogate_also=told[1].surrogate if len(told) > 1 else None,
        number_cipher=ring.encrypt(number.encode(), identifier.bytes),
        province=report.complainant_province,
        sent_at=report.sent_at,
        received_at=report.received_at,
        filed_at=clock.now(),
        text=report.text,
        consented=report.consented.value,
        unsubscribed=report.unsubscribed,
        vouched=CHANNELS[report.channel].vouched,
        receipt=receipt,
    )
