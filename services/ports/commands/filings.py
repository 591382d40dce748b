"""Filing ports, one or thousands at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Read, Tx
from services.ports.commands.forms import Form
from services.ports.model import Application, Filing, Hindrance, HindranceKind, Port
from services.ports.policy.listings import barred
from services.ports.store import locks
from services.ports.store.orders import orders_in_force
from services.ports.store.register import Place, load_ports, refused_before, save_applications, save_ports
from services.ports.store.standings import restrictions_on


class Outcome(StrEnum):
    """What became of a form. KNOWN: the register says it already, nothing was added."""

    ACCEPTED = "accepted"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Filed:
    """The outcome of a form, and the filing that stands for it in the register or among the refused."""

    outcome: Outcome
    filing: UUID
    reasons: tuple[str, ...] = ()


def file_ports(tx: Tx, forms: Sequence[Form], because: Cause) -> list[Filed]:
    """Decide on these forms, in their order, and enter what is accepted into the register.

    An enterprise whose listing refuses it new ports gets none, and a port that an order in force has shut takes no new
    filing; what the register says already is known, also then.
    """
    codes = sorted({code for each in forms for code in (each.holder, each.provider)})
    covering = any(each.covers_extensions for each in forms)
    locks.filing(tx, numbers=(each.number for each in forms), codes=codes, covering=covering)
    # Not before the locks: whoever decided on a number, or listed an enterprise, while we waited came first.
    now = clock.now()
    places = sorted({(each.carrier, each.number) for each in forms})
    ports = load_ports(tx, places)
    filings = [((form.carrier, form.number), form.filing(now)) for form in forms]
    hindrances = _hindrances(tx, filings)
    refused = refused_before(tx, [filing.digest for _, filing in filings if filing.id in hindrances])
    applications: list[Application] = []
    outcomes: list[Filed] = []
    for form, (place, filing) in zip(forms, filings, strict=True):
        port = ports.setdefault(place, Port.unfiled(*place, form.access_code))
        known = port.known_as(filing)
        if known is not None:
            outcomes.append(Filed(Outcome.KNOWN, known.id))
        elif filing.id in hindrances:
            hindrance, reasons = hindrances[filing.id]
            refusal = (*place, filing.digest, hindrance.id)
            if refusal not in refused:
                refused[refusal] = filing.id
                applications.append(Application.refuse(*place, filing, reasons, hindrance, because))
            outcomes.append(Filed(Outcome.REFUSED, refused[refusal], reasons))
        else:
            port.declare(filing, because)
            applications.append(Application.accept(*place, filing, because))
            outcomes.append(Filed(Outcome.ACCEPTED, filing.id))
    filed = [each for each in ports.values() if each.recorded]
    save_ports(tx, filed)
    save_applications(tx, applications, filed)
    return outcomes


def _hindrances(read: Read, filings: Sequence[tuple[Place, Filing]]) -> dict[UUID, tuple[Hindrance, tuple[str, ...]]]:
    """What stands in the way of which of these filings, and the reasons. A listing goes before an order: it may be
    what the order is for."""
    standings = restrictions_on(read, {code for _, each in filings for code in (each.holder, each.provider)})
    orders = orders_in_force(read, sorted({place for place, _ in filings}))
    found: dict[UUID, tuple[Hindrance, tuple[str, ...]]] = {}
    for place, filing in filings:
        kept_out = barred(filing, standings)
        if kept_out is not None:
            found[filing.id] = Hindrance(HindranceKind.LISTING, kept_out.entry), kept_out.reasons
        elif place in orders:
            reason = f"the port is shut by the order {orders[place]}, which is in force"
            found[filing.id] = Hindrance(HindranceKind.ORDER, orders[place]), (reason,)
    return found
