"""When a decision is annulled: whatever stands on it falls."""

from __future__ import annotations

from collections.abc import Mapping

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Tx
from services.credit.model import Withdrawal
from services.credit.store import locks
from services.credit.store.entries import codes_standing_on, load_caused_by, save_entries
from services.credit.store.standings import restate


def withdraw_standing_on(tx: Tx, annulled: Mapping[str, Cause]) -> None:
    """Withdraw every proposal and every listing that stands on one of these causes, whose rows are locked, with what it
    restricts. `annulled` says what annulled each."""
    codes = locks.deciding(tx, codes_standing_on(tx, list(annulled))) if annulled else []
    if not codes:
        return
    now = clock.now()
    entries = load_caused_by(tx, codes, list(annulled))
    changed: dict[str, Cause] = {}
    for entry in entries:
        because = next(cause for reference, cause in annulled.items() if reference in entry.causes)
        entry.withdraw(Withdrawal.DECISION_ANNULLED, None, now, because)
        changed[entry.code] = entry.caused(because)
    save_entries(tx, entries)
    restate(tx, changed)
