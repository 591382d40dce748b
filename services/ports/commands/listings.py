"""What the credit lists forbid an enterprise: its standing is kept, and its listings begin and end."""

from __future__ import annotations

from collections.abc import Sequence

from chassis import clock
from chassis.database import Tx
from chassis.events.envelope import Message
from contracts.credit import StandingChanged
from services.ports.model import Listing, ListingPhase, ShutdownProposal
from services.ports.store import locks
from services.ports.store.listings import listings_after, load_listings, load_listings_of, save_listings, set_out
from services.ports.store.proposals import load_undecided, save_proposals
from services.ports.store.register import Place
from services.ports.store.standings import take_standings


def follow_standings(tx: Tx, messages: Sequence[Message[StandingChanged]]) -> None:
    """Keep these standings, one per enterprise, where they are newer than what is kept: from the end of the
    transaction on filings are judged by them. A listing that begins proposes to shut the enterprise's ports, or sets
    out to do so, as its restriction says; one that ended lets go of them."""
    if not messages:
        return
    locks.listing(tx, (each.event.code for each in messages))
    written = take_standings(tx, [each.event for each in messages], [each.version for each in messages])
    known = load_listings_of(tx, written)
    now = clock.now()
    begun: list[Listing] = []
    ended: list[Listing] = []
    for each in messages:
        code, version = each.event.code, each.version
        if code not in written:
            continue
        for restriction in each.event.restrictions:
            listing = known.get(restriction.entry)
            if listing is not None and listing.in_force:
                listing.stand(restriction, version)
            else:
                begun.append(Listing.begin(code, restriction, version, each.caused().correlation_id))
        standing = {restriction.entry for restriction in each.event.restrictions}
        gone = [of for of in known.values() if of.code == code and of.in_force and of.entry not in standing]
        for listing in gone:
            listing.end(version, now)
        ended += gone
    save_listings(tx, {each.entry: each for each in (*known.values(), *begun)}.values())
    set_out(tx, [each for each in begun if each.wants_shut])
    proposals = load_undecided(tx, (each.entry for each in ended))
    for proposal in proposals:
        proposal.withdraw("the listing ended", now)
    proposals += [ShutdownProposal.of_enterprise(each, now) for each in begun if each.phase is ListingPhase.PROPOSED]
    save_proposals(tx, proposals)
    tx.announce()


def return_to(tx: Tx, places: Sequence[Place]) -> None:
    """Let listings turn once more to the ports at these places, which are locked and open again, where they want them
    shut and never ordered it."""
    after = listings_after(tx, places)
    listings = load_listings(tx, {entry for entries in after.values() for entry in entries}) if after else {}
    waiting = [each for each in listings.values() if each.wants_shut]
    for each in waiting:
        each.resume()
    if waiting:
        save_listings(tx, waiting)
        tx.announce()
