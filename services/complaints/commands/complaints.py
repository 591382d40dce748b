"""What can be done with complaints that are here: correct what they were found to be, withdraw them."""

from __future__ import annotations

from uuid import UUID

import msgspec

from chassis import clock
from chassis.aggregate import Cause, NotFoundError
from chassis.database import Tx
from contracts.vocabulary import Category
from services.complaints.model import Assessment, Assessor, Complaint, Withdrawal
from services.complaints.policy.assessment import OVER_CAP
from services.complaints.store import complaints as store


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

    Raises ConflictError, IncoherentError and ChangesNothingError; each leaves everything as it was.
    """
    complaint.correct(_corrected(complaint.assessed(), correction, by), _cause(tx, complaint))
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
        # Whatever it is about, it is still one of too many.
        reasons=(*(f"corrected:{each}" for each in changed), *([OVER_CAP] if current.capped else [])),
        assessed_at=clock.now(),
        assessor=Assessor.STAFF,
        assessed_by=by,
        note=correction.note,
    )


def withdraw_complaint(tx: Tx, complaint: Complaint, reason: Withdrawal) -> Complaint:
    """From now on a (locked) complaint counts for nothing. Raises ConflictError when it is withdrawn already."""
    complaint.withdraw(reason, _cause(tx, complaint))
    store.save_many(tx, [complaint])
    return complaint


def lock_complaint(tx: Tx, identifier: UUID, province: str | None) -> Complaint:
    """Lock a complaint of this province (None: of any). Raises NotFoundError where there is no such one."""
    complaint = next(iter(store.load_many(tx, [identifier])), None)
    if complaint is None or province not in (None, complaint.province):
        raise NotFoundError
    return complaint


def _cause(tx: Tx, complaint: Complaint) -> Cause:
    """What is done to a complaint belongs to its story, whoever does it."""
    return Cause(str(complaint.id), tx.cause.causation_id, tx.cause.traceparent)
