"""What can be done with complaints: file them, correct what they were found to be, withdraw them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from chassis import clock, privacy
from chassis.aggregate import Cause
from chassis.database import Tx
from chassis.ids import new_id
from contracts.channels import CHANNELS
from contracts.numbers import SenderNumber
from contracts.vocabulary import Category
from services.complaints.model import Assessment, Assessor, Complaint, NotPossibleError, State, Withdrawal
from services.complaints.policy.intake import DERIVED, Report
from services.complaints.store import complaints as store
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
    first = {each.key: each for each in reversed(recognised)}
    now = clock.now()
    surrogates = store.surrogates(tx, {each.complainant for each in first.values()}, now)
    rows = {}
    for key, each in first.items():
        receipt = secrets.token_urlsafe(_RECEIPT_BYTES) if receipts else None
        rows[key] = _row(each, surrogates[each.complainant], receipt, ring)
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


def _row(each: _Recognised, surrogate: UUID, receipt: str | None, ring: privacy.KeyRing) -> NewComplaint:
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
        complainant_id=surrogate,
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


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What staff know better about a complaint; None is left as it was. `kind` replaces the whole attribution: whom it
    names are `carrier`, `holder` and `provider`, and nobody else."""

    note: str
    industry: str | None = None
    category: Category | None = None
    kind: str | None = None
    carrier: str | None = None
    holder: str | None = None
    provider: str | None = None


class ChangesNothingError(ValueError):
    """A correction that says what was said already."""


def correct_assessment(tx: Tx, complaint: Complaint, correction: Correction, by: str) -> Complaint:
    """A new version of a (locked) complaint's assessment, by staff.

    Raises NotPossibleError, IncoherentError and ChangesNothingError; each leaves everything as it was.
    """
    if complaint.assessment is None or complaint.state is not State.ASSESSED:
        raise NotPossibleError(complaint.state)
    complaint.correct(_corrected(complaint.assessment, correction, by), _cause(tx, complaint))
    store.save_many(tx, [complaint])
    return complaint


def _corrected(current: Assessment, correction: Correction, by: str) -> Assessment:
    attribution = current.attribution
    if correction.kind is not None:
        attribution = msgspec.structs.replace(
            attribution,
            kind=correction.kind,
            carrier=correction.carrier,
            holder=correction.holder,
            provider=correction.provider,
        )
    industry = current.industry if correction.industry is None else correction.industry
    category = current.category if correction.category is None else correction.category
    if (attribution, industry, category) == (current.attribution, current.industry, current.category):
        raise ChangesNothingError
    changed = [
        *(["attribution"] if attribution != current.attribution else []),
        *(["industry"] if industry != current.industry else []),
        *(["category"] if category != current.category else []),
    ]
    return msgspec.structs.replace(
        current,
        attribution=attribution,
        industry=industry,
        category=category,
        confidence=1.0,
        reasons=tuple(f"corrected:{each}" for each in changed),
        assessed_at=clock.now(),
        assessor=Assessor.STAFF,
        assessed_by=by,
        note=correction.note,
    )


def withdraw_complaint(tx: Tx, complaint: Complaint, reason: Withdrawal) -> Complaint:
    """From now on a (locked) complaint counts for nothing. Raises NotPossibleError when it is withdrawn already."""
    complaint.withdraw(reason, _cause(tx, complaint))
    store.save_many(tx, [complaint])
    return complaint


def find_complaint(tx: Tx, identifier: UUID) -> Complaint | None:
    """Lock a complaint; None where there is none."""
    return next(iter(store.load_many(tx, [identifier])), None)


def _cause(tx: Tx, complaint: Complaint) -> Cause:
    """What is done to a complaint belongs to its story, whoever does it."""
    return Cause(str(complaint.id), tx.cause.causation_id, tx.cause.traceparent)
