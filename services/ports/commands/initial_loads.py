"""Initial loads of carriers: opened by one person of the regulator, closed by another one."""

from __future__ import annotations

from chassis import audit, clock
from chassis.aggregate import ConflictError, NotFoundError
from chassis.audit import Actor
from chassis.database import Tx
from chassis.ids import new_id, reference
from chassis.target import Target
from services.ports.access import Visibility
from services.ports.model import InitialLoad
from services.ports.store.initial_loads import find_load_of, load_initial_load, lock_opening, save_initial_load


def open_load(tx: Tx, carrier: str, reason: str | None, actor: Actor) -> InitialLoad:
    """Open the initial load of a carrier. Raises ConflictError where it has had one."""
    lock_opening(tx)
    known = find_load_of(tx, carrier)
    if known is not None:
        state = "is open" if known.closed_at is None else f"was closed at {known.closed_at:%Y-%m-%d %H:%M:%S}Z"
        raise ConflictError("carrier-is-loaded", f"A carrier is loaded once; the initial load of {carrier} {state}.")
    load = InitialLoad(
        id=new_id(),
        carrier=carrier,
        reason=reason,
        opened_at=clock.now(),
        opened_by=actor.subject,
        actors=tx.cause.joined([actor.subject]).actors,
    )
    save_initial_load(tx, load)
    audit.record(tx, actor, "initial-load-opened", reference("initial-load", load.id), reason or "")
    return load


def close_load(tx: Tx, target: Target[Visibility], reason: str | None) -> InitialLoad:
    """Close an initial load: a filing that is being decided is initial, the next one is not.

    Raises NotFoundError, ConflictError as the model does, and what `target.check_version` raises.
    """
    load = load_initial_load(tx, target.id)
    if load is None:
        raise NotFoundError
    target.check_version(load.version)
    # The clock is read under the lock: filings that were decided while this waited came first.
    load.close(target.actor.subject, reason, clock.now())
    save_initial_load(tx, load)
    audit.record(tx, target.actor, "initial-load-closed", reference("initial-load", load.id), reason or "")
    return load
