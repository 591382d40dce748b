"""What the credit lists forbid an enterprise: its standing is stored, and its listings begin and end."""

from __future__ import annotations

from collections.abc import Sequence

from chassis import clock
from chassis.database import Tx
from chassis.events.envelope import Message, newest
from contracts.credit import StandingChanged
from services.ports.model import Listing, ListingPhase, PortKey, ShutdownProposal
from services.ports.store.listings import (
    add_listed_ports,
    entries_without_order,
    load_listings,
    load_listings_of,
    save_listings,
)
from services.ports.store.locks import lock_codes
from services.ports.store.proposals import load_undecided_proposals, save_proposals
from services.ports.store.standings import save_standings


def apply_standings(tx: Tx, messages: Sequence[Message[StandingChanged]]) -> None:
    """Apply credit-list restrictions to new filings and to existing ports.

    Filings are judged by the newest standing of each enterprise from the end of the transaction on. A listing that
    begins proposes to shut the enterprise's ports, or shuts them, as its restriction requires; one that ended lifts its
    orders. Stale standings are ignored.
    """
    latest = newest(messages, lambda event: event.code)
    lock_codes(tx, latest)
    written = save_standings(tx, [each.event for each in latest.values()], [each.version for each in latest.values()])
    known = load_listings_of(tx, written)
    now = clock.now()
    begun: list[Listing] = []
    ended: list[Listing] = []
    for code, message in latest.items():
        if code not in written:
            continue
        for restriction in message.event.restrictions:
            listing = known.get(restriction.entry)
            if listing is not None and listing.in_force:
                listing.renew(restriction, message.version)
            else:
                begun.append(Listing.begin(code, restriction, message.version, message.caused()))
        present = {restriction.entry for restriction in message.event.restrictions}
        missing = [each for each in known.values() if each.code == code and each.in_force and each.entry not in present]
        for listing in missing:
            listing.end(message.version, now)
        ended += missing
    save_listings(tx, {each.entry: each for each in (*known.values(), *begun)}.values())
    add_listed_ports(tx, [each for each in begun if each.wants_shut])
    proposals = load_undecided_proposals(tx, (each.entry for each in ended))
    for proposal in proposals:
        proposal.withdraw("the listing ended", now)
    proposals += [ShutdownProposal.of_enterprise(each, now) for each in begun if each.phase is ListingPhase.PROPOSED]
    save_proposals(tx, proposals)
    tx.announce()


def resume_listings(tx: Tx, ports: Sequence[PortKey]) -> None:
    """Let the listings that want these ports shut, and never ordered them, order them now. The ports are locked and
    open again."""
    entries = entries_without_order(tx, ports)
    listings = load_listings(tx, {entry for each in entries.values() for entry in each}) if entries else {}
    waiting = [each for each in listings.values() if each.wants_shut]
    for each in waiting:
        each.resume()
    if waiting:
        save_listings(tx, waiting)
        tx.announce()
