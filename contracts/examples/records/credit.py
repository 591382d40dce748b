"""The listing of the shop, from its proposal to its end, and the resulting restrictions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.citation import Citation
from chassis.redaction import Written
from contracts.credit import (
    ListingContested,
    ListingEffective,
    ListingExpired,
    ListingFact,
    ListingProposed,
    ListingRepaired,
    ListingWithdrawn,
    Restriction,
    StandingChanged,
    WithdrawalReviewed,
)
from contracts.examples.records.record import ACT, CLUE, COMPLAINT, ENTRY, SHOP, Record, days, id_of

EXPIRED_ENTRY, WITHDRAWN_ENTRY = id_of(602), id_of(603)
ARTICLE = "电信业务经营许可管理办法第四十二条"
FINED = Citation(
    rule="listing.fined",
    version="CN-2026@2026-05-01",
    legal_source="MIIT Order 42 Art. 42, entry within 30 days of the decision",
    mark="R",
)

_PROPOSED: dict[str, Any] = {
    "entry": ENTRY,
    "code": SHOP,
    "name": "禾木优选贸易有限公司",
    "list": "adverse",
    "tier": "general",
    "ground": "fined",
    "state": "proposed",
    "facts": ("fined 20,000 yuan by SAMR on a clue of 7 complaints of 6 people",),
    "article": ARTICLE,
    "rules": (FINED,),
    "causes": (f"clue:{CLUE}",),
    "proposed_by": "rules",
    "proposed_at": days(100),
    "contest_until": days(107),
    "contested_at": None,
    "effective_at": None,
    "until": None,
    "repairable_from": None,
    "repaired_at": None,
    "expired_at": None,
    "withdrawn_at": None,
    "withdrawal": None,
}
_CONTESTED: dict[str, Any] = {"state": "contested", "contested_at": days(103)}
_EFFECTIVE: dict[str, Any] = _CONTESTED | {
    "state": "effective",
    "effective_at": days(110),
    "until": days(475),
    "repairable_from": days(200),
}


def _of_entry(
    kind: type[ListingFact], number: int, version: int, at: datetime, causation: UUID = ACT, **became: Any
) -> Record:
    return Record(
        event=kind(**_PROPOSED | became),
        id=id_of(number),
        version=version,
        time=at,
        correlation=COMPLAINT,
        causation=causation,
    )


RECORDS: tuple[Record, ...] = (
    _of_entry(ListingProposed, 941, 1, days(100), id_of(925)),
    _of_entry(ListingContested, 942, 2, days(103), **_CONTESTED),
    _of_entry(ListingEffective, 943, 3, days(110), **_EFFECTIVE),
    _of_entry(ListingRepaired, 944, 4, days(210), **_EFFECTIVE | {"state": "repaired", "repaired_at": days(210)}),
    _of_entry(
        ListingExpired,
        945,
        4,
        days(475),
        entry=EXPIRED_ENTRY,
        **_EFFECTIVE | {"state": "expired", "expired_at": days(475)},
    ),
    _of_entry(
        ListingWithdrawn,
        946,
        4,
        days(160),
        entry=WITHDRAWN_ENTRY,
        **_EFFECTIVE | {"state": "withdrawn", "withdrawn_at": days(160), "withdrawal": "decision-annulled"},
    ),
    _of_entry(
        WithdrawalReviewed,
        948,
        5,
        days(162),
        entry=WITHDRAWN_ENTRY,
        **_EFFECTIVE
        | {
            "state": "withdrawn",
            "withdrawn_at": days(160),
            "withdrawal": "mistake",
            "withdrawal_review": "reversed",
            "replaced_by": id_of(604),
        },
    ),
    Record(
        event=StandingChanged(
            code=SHOP,
            restrictions=(
                Restriction(
                    entry=ENTRY,
                    list="adverse",
                    tier="general",
                    reason="listed-adverse-general",
                    article=Written(ARTICLE),
                    new_resources="refuse",
                    existing="propose",
                    since=days(110),
                    until=days(475),
                ),
            ),
        ),
        id=id_of(947),
        version=1,
        time=days(110),
        correlation=COMPLAINT,
        causation=ACT,
    ),
)
"""One record of every event type of credit."""
