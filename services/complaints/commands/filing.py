"""Filing complaints: each once, however often it is sent, its complainant under the surrogates of the quarter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis import clock, privacy
from chassis.aggregate import Cause
from chassis.database import Tx
from chassis.ids import new_id
from chassis.sets import json_text
from contracts.channels import CHANNELS
from services.complaints.model import ComplaintState
from services.complaints.policy.identities import Identities, published_quarters, surrogate_of
from services.complaints.policy.intake import Report, earlier_readings
from services.complaints.policy.receipts import digest_of, receipt_of, receipt_with
from services.complaints.store.complaints import (
    ComplaintKey,
    KnownComplaint,
    NewComplaint,
    find_known,
    insert_complaints,
)
from services.complaints.store.contents import Sealer


@dataclass(frozen=True, slots=True)
class FiledComplaint:
    """The outcome of a report: `new` where it was not filed before; `conflicting` where its external id stands for
    another complaint."""

    id: UUID
    receipt: str | None
    state: ComplaintState
    new: bool
    conflicting: bool = False


def file_complaint(tx: Tx, report: Report, filed_by: str) -> FiledComplaint:
    """File one complaint for a caller with this subject. Its complainant gets a receipt."""
    return _file(tx, [report], filed_by, receipts=True)[0]


def file_complaints(tx: Tx, reports: Sequence[Report], filed_by: str) -> list[FiledComplaint]:
    """File many for a caller with this subject, in a fixed number of statements. Returns the outcomes in the order of
    the reports.

    Of several reports with one external id the first one is filed.
    """
    return _file(tx, reports, filed_by, receipts=False)


def _file(tx: Tx, reports: Sequence[Report], filed_by: str, *, receipts: bool) -> list[FiledComplaint]:
    if not reports:
        return []
    identities = Identities(filed_by, privacy.ring())
    reports = _as_filed(tx, reports, identities)
    # Their ids are in the order of the reports: of one person's complaints the first ones count (the cap).
    filed_at = clock.now()
    sealer = Sealer(tx, filed_at)
    complaints = [_new(report, identities, sealer, filed_at, tx.cause, receipt=receipts) for report in reports]
    first: dict[ComplaintKey, NewComplaint] = {}
    for each in complaints:
        first.setdefault(each.key, each)
    inserted = insert_complaints(tx, first.values())
    known = find_known(tx, [key for key, each in first.items() if each.id not in inserted])
    if inserted:
        tx.announce()
    outcomes = [_outcome(each, first[each.key], inserted, known) for each in complaints]
    return [
        replace(each, conflicting=False) if each.conflicting and _was_cut_off(report, known, identities) else each
        for report, each in zip(reports, outcomes, strict=True)
    ]


def _as_filed(tx: Tx, reports: Sequence[Report], identities: Identities) -> list[Report]:
    """The reports, each in its earlier reading where it was filed in that under another key than it has now."""
    earlier: defaultdict[ComplaintKey, dict[int, Report]] = defaultdict(dict)
    for place, report in enumerate(reports):
        # An external id is the whole key, so it has another one only in another form.
        if report.external_id is None or report.external_id != report.identifier:
            now = identities.report(report).key
            for each in earlier_readings(report):
                key = identities.report(each).key
                if key != now:
                    earlier[key].setdefault(place, each)
    filed = list(reports)
    for key in find_known(tx, earlier.keys()):
        for place, reading in earlier[key].items():
            filed[place] = reading
    return filed


def _was_cut_off(report: Report, known: Mapping[ComplaintKey, KnownComplaint], identities: Identities) -> bool:
    """Whether the complaint with this external id is this report in an earlier reading."""
    recognised = map(identities.report, earlier_readings(report))
    return any(each.key in known and known[each.key].digest == each.digest for each in recognised)


def _new(
    report: Report, identities: Identities, sealer: Sealer, filed_at: datetime, cause: Cause, *, receipt: bool
) -> NewComplaint:
    identifier = new_id()
    identity = identities.report(report)
    person = identities.person(report, identity)
    surrogate, *also = (surrogate_of(person, each, identities.ring) for each in published_quarters(report.received_at))
    return NewComplaint(
        id=identifier,
        channel=identity.channel,
        external_id=identity.external_id,
        digest=identity.digest,
        sender_number=report.published_sender.number,
        complainant_id=person,
        surrogate=surrogate,
        surrogate_also=also[0] if also else None,
        text_cipher=sealer.text(identifier, report.text, report.sender_number),
        number_cipher=sealer.number(identifier, report.complainant.number),
        province=report.complainant_province,
        sent_at=report.sent_at,
        received_at=report.received_at,
        filed_at=filed_at,
        consented=report.consented,
        unsubscribed=report.unsubscribed,
        vouched=CHANNELS[report.channel].vouched,
        receipt_digest=digest_of(receipt_of(identifier)) if receipt else None,
        actors=json_text(cause.actors),
        traceparent=cause.traceparent,
    )


def _outcome(
    complaint: NewComplaint,
    first: NewComplaint,
    inserted: Collection[UUID],
    known: Mapping[ComplaintKey, KnownComplaint],
) -> FiledComplaint:
    filed = known.get(complaint.key, first)
    return FiledComplaint(
        filed.id,
        receipt_with(filed.id, filed.receipt_digest),
        filed.state,
        new=complaint is first and first.id in inserted,
        conflicting=filed.digest != complaint.digest,
    )
