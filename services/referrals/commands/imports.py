"""Many conclusions at once, as a file of them brings them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chassis import clock
from chassis.aggregate import ConflictError
from chassis.database import Tx
from contracts.referrals import Conclusion
from services.referrals.model import Clue
from services.referrals.policy.conclusions import IncoherentError, coherent
from services.referrals.store import locks
from services.referrals.store.clues import load_clues, save_clues
from services.referrals.store.sight import Sight


class Outcome(StrEnum):
    """What became of a conclusion. KNOWN: the clue has it already, nothing was added."""

    CONCLUDED = "concluded"
    KNOWN = "known"
    NOT_SEEN = "not-seen"
    INCOHERENT = "incoherent"
    CLUE_STATE = "clue-state"


@dataclass(frozen=True, slots=True)
class Concluded:
    """The outcome of a conclusion, and why it was not taken where it was not."""

    outcome: Outcome
    detail: str = ""


def conclude_clues(tx: Tx, conclusions: Sequence[tuple[UUID, Conclusion]], sight: Sight) -> list[Concluded]:
    """Conclude clues, in this order: an authority its own, national staff what is nobody else's."""
    locks.acting(tx, (clue for clue, _ in conclusions))
    clues = {each.id: each for each in load_clues(tx, {clue for clue, _ in conclusions}) if sight.may_act_on(each)}
    outcomes = [_conclude(tx, clues.get(clue), conclusion, sight) for clue, conclusion in conclusions]
    save_clues(tx, list(clues.values()))
    return outcomes


def _conclude(tx: Tx, clue: Clue | None, said: Conclusion, sight: Sight) -> Concluded:
    if clue is None:
        return Concluded(Outcome.NOT_SEEN, "There is no such clue.")
    try:
        conclusion = coherent(said, clue.id)
        if clue.conclusion == conclusion:
            return Concluded(Outcome.KNOWN)
        conclude = clue.conclude_ourselves if sight.everything else clue.conclude
        conclude(conclusion, clock.now(), tx.cause)
    except IncoherentError as error:
        return Concluded(Outcome.INCOHERENT, str(error))
    except ConflictError as error:
        return Concluded(Outcome.CLUE_STATE, error.detail)
    return Concluded(Outcome.CONCLUDED)
