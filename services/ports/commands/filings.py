"""Filing ports, one or thousands at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Read, Tx
from services.ports.commands.forms import FilingForm
from services.ports.model import Application, Hindrance, HindranceKind, Port, PortFiling, PortKey
from services.ports.policy.listings import refusal_of
from services.ports.store.initial_loads import lock_open_loads
from services.ports.store.locks import lock_for_filing
from services.ports.store.orders import orders_in_force
from services.ports.store.register import load_ports, lock_ports, past_refusals, save_applications, save_ports
from services.ports.store.standings import restrictions_on


class FilingOutcome(StrEnum):
    """The outcome of a form. KNOWN: the register already has this filing, nothing was added."""

    ACCEPTED = "accepted"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FilingResult:
    """The outcome of a form, and the filing that stands for it in the register or among the refused ones."""

    outcome: FilingOutcome
    filing: UUID
    reasons: tuple[str, ...] = ()


def file_ports(tx: Tx, forms: Sequence[FilingForm], grace_at: Callable[[datetime], timedelta]) -> list[FilingResult]:
    """Decide on these forms, in their order, and enter the accepted ones into the register. `grace_at` is how long
    before a moment of recording they count at most, outside the initial load of their carrier.

    A form is refused while a listing forbids its holder or provider new ports, or while an order in force has shut its
    port. A filing that the register already has is known, even then.
    """
    codes = {code for each in forms for code in (each.holder, each.provider)}
    covering = any(each.covers_extensions for each in forms)
    lock_for_filing(tx, numbers=(each.number for each in forms), codes=codes, covering=covering)
    loading = lock_open_loads(tx, (each.carrier for each in forms))
    # The clock is read under the locks: decisions and listings that were committed while this waited came first.
    now = clock.now()
    grace = grace_at(now)
    ports = load_ports(tx, (each.port for each in forms))
    filings = [
        (form.port, form.filing(now, grace, initial=form.carrier in loading, filed_by=tx.cause.actors))
        for form in forms
    ]
    digests = {filing.id: form.digest(form.valid_from) for form, (_, filing) in zip(forms, filings, strict=True)}
    hindrances = _hindrances(tx, filings, codes)
    refused = past_refusals(tx, [digests[filing.id] for _, filing in filings if filing.id in hindrances])
    applications: list[Application] = []
    results: list[FilingResult] = []
    for form, (key, filing) in zip(forms, filings, strict=True):
        port = ports.get(key) or ports.setdefault(key, Port.unfiled(*key, form.access_code))
        known = port.known_as(filing)
        if known is not None:
            results.append(FilingResult(FilingOutcome.KNOWN, known.id))
            continue
        application = Application(
            id=filing.id, carrier=form.carrier, number=form.number, filed=filing, digest=digests[filing.id]
        )
        if filing.id in hindrances:
            hindrance, reasons = hindrances[filing.id]
            refusal = (*key, digests[filing.id], hindrance.id)
            if refusal not in refused:
                refused[refusal] = filing.id
                application.refuse(hindrance, reasons, tx.cause)
                applications.append(application)
            results.append(FilingResult(FilingOutcome.REFUSED, refused[refusal], reasons))
        else:
            port.declare(filing, tx.cause)
            application.accept(tx.cause)
            applications.append(application)
            results.append(FilingResult(FilingOutcome.ACCEPTED, filing.id))
    changed = [each for each in ports.values() if each.recorded]
    save_ports(tx, changed)
    save_applications(tx, applications, changed)
    return results


def publish_histories(tx: Tx, ids: Sequence[str]) -> int:
    """Publish the history of those of these ports (ids) where that has not been done; returns of how many."""
    ports = lock_ports(tx, ids)
    for port in ports:
        port.publish_history(Cause.beginning(port.id))
    changed = [each for each in ports if each.recorded]
    save_ports(tx, changed)
    return len(changed)


def _hindrances(
    read: Read, filings: Sequence[tuple[PortKey, PortFiling]], codes: Collection[str]
) -> dict[UUID, tuple[Hindrance, tuple[str, ...]]]:
    """What keeps which of these filings, by parties with these codes, out of the register, and the reasons. A listing
    comes before an order: the order may be that listing's."""
    standings = restrictions_on(read, codes)
    orders = orders_in_force(read, sorted({key for key, _ in filings}))
    found: dict[UUID, tuple[Hindrance, tuple[str, ...]]] = {}
    for key, filing in filings:
        refusal = refusal_of(filing, standings)
        if refusal is not None:
            found[filing.id] = Hindrance(HindranceKind.LISTING, refusal.entry), refusal.reasons
        elif key in orders:
            reason = f"the port is shut by the order {orders[key]}, which is in force"
            found[filing.id] = Hindrance(HindranceKind.ORDER, orders[key]), (reason,)
    return found
