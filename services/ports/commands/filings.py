"""Filing ports, one or thousands at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chassis import clock
from chassis.aggregate import Cause
from chassis.database import Tx
from services.ports.commands.forms import Form
from services.ports.model import Application, Port
from services.ports.store import locks
from services.ports.store.orders import orders_in_force
from services.ports.store.register import load_ports, refused_before, save_applications, save_ports


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

    A port that an order in force has shut takes no new filing; what the register says already is known, also then.
    """
    locks.filing(
        tx,
        numbers=(each.number for each in forms),
        codes=(code for each in forms for code in (each.holder, each.provider)),
        covering=any(each.covers_extensions for each in forms),
    )
    # Not before the locks: whoever decided on a number while we waited decided first.
    now = clock.now()
    places = sorted({(each.carrier, each.number) for each in forms})
    ports, hindrances = load_ports(tx, places), orders_in_force(tx, places)
    filings = [each.filing(now) for each in forms]
    hindered = [
        filing.digest for form, filing in zip(forms, filings, strict=True) if (form.carrier, form.number) in hindrances
    ]
    refused = refused_before(tx, hindered) if hindered else {}
    applications: list[Application] = []
    outcomes: list[Filed] = []
    for form, filing in zip(forms, filings, strict=True):
        place = form.carrier, form.number
        port = ports.setdefault(place, Port.unfiled(form.carrier, form.number, form.access_code))
        known = port.known_as(filing)
        order = hindrances.get(place)
        if known is not None:
            outcomes.append(Filed(Outcome.KNOWN, known.id))
        elif order is not None:
            reasons = (f"the port is shut by the order {order}, which is in force",)
            refusal = (*place, filing.digest, order)
            if refusal not in refused:
                refused[refusal] = filing.id
                applications.append(Application.refuse(*place, filing, reasons, order, because))
            outcomes.append(Filed(Outcome.REFUSED, refused[refusal], reasons))
        else:
            port.declare(filing, because)
            applications.append(Application.accept(*place, filing, because))
            outcomes.append(Filed(Outcome.ACCEPTED, filing.id))
    filed = [each for each in ports.values() if each.recorded]
    save_ports(tx, filed)
    save_applications(tx, applications, filed)
    return outcomes
