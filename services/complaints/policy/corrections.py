"""Corrections: what staff change in an assessment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from chassis.field_errors import FieldError, InvalidFieldsError
from chassis.privacy import redact
from contracts.carriers import CARRIERS
from contracts.complaints import Attribution
from contracts.credit_codes import CreditCode, InvalidCreditCode
from contracts.industries import INDUSTRIES
from contracts.vocabulary import AttributionKind, Category
from services.complaints.model import Assessment, Assessor
from services.complaints.policy.assessment import HELD, OVER_CAP

_CORRECTED = ("attribution", "industry", "category")


class CorrectedAttribution(msgspec.Struct, frozen=True, kw_only=True):
    """Who is responsible according to staff. It replaces what the rules found: a party that is not named is cleared."""

    kind: AttributionKind
    carrier: str | None = None
    holder: str | None = None
    provider: str | None = None


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What staff correct, and why (`note`). A field that is None stays as it is."""

    note: str
    industry: str | None = None
    category: Category | None = None
    attribution: CorrectedAttribution | None = None


def require_known_codes(correction: Correction) -> None:
    """Raises InvalidFieldsError for every code that no table has, or that is no credit code."""
    errors = list(_unknown_codes(correction))
    if errors:
        raise InvalidFieldsError(errors)


def _unknown_codes(correction: Correction) -> Iterator[FieldError]:
    if correction.industry is not None and correction.industry not in INDUSTRIES:
        yield FieldError("industry", "no industry of that code is known")
    attribution = correction.attribution
    if attribution is None:
        return
    if attribution.carrier is not None and attribution.carrier not in CARRIERS:
        yield FieldError("attribution/carrier", "no carrier of that code is known")
    for name in ("holder", "provider"):
        try:
            _credit_code(getattr(attribution, name))
        except InvalidCreditCode as error:
            yield FieldError(f"attribution/{name}", str(error))


def corrected(current: Assessment, correction: Correction, by: str, at: datetime) -> Assessment:
    """The assessment as corrected by this member of staff. Raises InvalidFieldsError where nothing changes."""
    found = msgspec.structs.replace(
        current,
        attribution=_attribution(current.attribution, correction.attribution),
        industry=correction.industry or current.industry,
        category=correction.category or current.category,
    )
    changed = [f"corrected:{name}" for name in _CORRECTED if getattr(found, name) != getattr(current, name)]
    if not changed:
        raise InvalidFieldsError([FieldError("", "the correction changes nothing")])
    return msgspec.structs.replace(
        found,
        confidence=1.0,
        # Whatever the complaint is about, its complainant is still over the cap, and its channel was held.
        reasons=(*changed, *([OVER_CAP] if current.capped else []), *([HELD] if current.held else [])),
        assessed_at=at,
        assessor=Assessor.STAFF,
        assessed_by=by,
        note=redact(correction.note),
    )


def _attribution(current: Attribution, correction: CorrectedAttribution | None) -> Attribution:
    if correction is None:
        return current
    named = msgspec.structs.asdict(correction)
    codes = {name: _credit_code(named[name]) for name in ("holder", "provider")}
    # Staff have decided who is responsible: that no signature can be read, or who claims the number, no longer matters.
    settled = {"signature_unreadable": False, "claimed_holder": None, "claimed_provider": None}
    fields = msgspec.structs.asdict(current) | named | codes | settled
    return msgspec.convert(fields, Attribution)


def _credit_code(given: str | None) -> str | None:
    return None if given is None else CreditCode.parse(given).value
