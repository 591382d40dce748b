"""Proposals: what the rules found, and what staff propose by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import audit, clock
from chassis.aggregate import Cause, ConflictError
from chassis.audit import Actor
from chassis.database import Tx
from contracts.vocabulary import CreditList, Tier
from services.credit.model import Entry, Ground
from services.credit.policy.proposals import Finding
from services.credit.policy.rulebook import notice
from services.credit.store import locks
from services.credit.store.clues import annulled_among
from services.credit.store.entries import known_among, save_entries
from services.credit.store.names import names_of
from services.credit.store.orders import never_a_ground

CAUSE = re.compile(r"(clue|order):([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
"""What staff may name as a cause: a clue or an order, by its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What staff propose: which enterprise for which list, in which tier, and what for. `causes` match CAUSE."""

    code: str
    name: str | None
    list: CreditList
    tier: Tier
    facts: tuple[str, ...]
    article: str
    causes: tuple[str, ...]


def propose_found(tx: Tx, findings: Sequence[tuple[Finding, Cause]], now: datetime) -> None:
    """Propose what the rules found about enterprises, which are locked; what was proposed before is left alone."""
    if not findings:
        return
    known = known_among(tx, [(each.code, each.ground, each.cause) for each, _ in findings])
    new = [(each, because) for each, because in findings if (each.code, each.ground, each.cause) not in known]
    names = names_of(tx, (each.code for each, _ in new))
    rule = notice(now)
    entries = [
        Entry.propose(
            code=each.code,
            name=names.get(each.code, each.name),
            list=each.list,
            tier=each.tier,
            ground=each.ground,
            cause=each.cause,
            facts=each.facts,
            article=each.article,
            rules=(*each.rules, rule.citation),
            causes=each.causes,
            proposer=None,
            at=now,
            contest_until=now + rule.contest,
            because=because,
        )
        for each, because in new
    ]
    save_entries(tx, entries)


def propose_by_hand(tx: Tx, form: Form, actor: Actor) -> Entry:
    """Staff propose an enterprise; another person decides.

    Raises ConflictError for a cause that is known to be no ground for a listing.
    """
    named = [CAUSE.fullmatch(each) for each in form.causes]
    clues = [UUID(each[2]) for each in named if each and each[1] == "clue"]
    orders = [UUID(each[2]) for each in named if each and each[1] == "order"]
    locks.naming(tx, clues)
    locks.deciding(tx, [form.code])
    now = clock.now()
    for each in annulled_among(tx, clues):
        raise ConflictError("cause-is-no-ground", f"The decision on the clue {each} was annulled.")
    for each in never_a_ground(tx, orders):
        raise ConflictError("cause-is-no-ground", f"The order {each} was lifted, fell, or was caused by a listing.")
    rule = notice(now)
    entry = Entry.propose(
        code=form.code,
        name=form.name or names_of(tx, [form.code]).get(form.code),
        list=form.list,
        tier=form.tier,
        ground=Ground.BY_HAND,
        cause=None,
        facts=form.facts,
        article=form.article,
        rules=(rule.citation,),
        causes=form.causes,
        proposer=actor.subject,
        at=now,
        contest_until=now + rule.contest,
        because=tx.cause,
    )
    save_entries(tx, [entry])
    audit.record(tx, actor, "listing-proposed", f"entry:{entry.id}", "; ".join(form.facts))
    return entry
