"""Conflicts of the model, as problems: a ConflictError names one by its slug."""

from __future__ import annotations

from chassis.http.problems import Problem


class EntryStateConflict(Problem):
    slug = "entry-state"
    status = 409
    title = "The entry is in a state in which this cannot be done"
    description = (
        "An entry is proposed, perhaps contested, then effective or withdrawn; a listing is repaired, expires, or"
        " is withdrawn: `detail` says where it stands. Read it again; with the Idempotency-Key of the first request a"
        " repeated one gets its answer again."
    )


class ContestPeriodRuns(Problem):
    slug = "contest-period-runs"
    status = 409
    title = "The enterprise may still contest it"
    description = (
        "A proposal is confirmed once the time to contest it is over, or the enterprise has contested it. It may be"
        " rejected at once."
    )


class ContestPeriodOver(Problem):
    slug = "contest-period-over"
    status = 409
    title = "The time to contest it is over"
    description = "An objection is recorded up to `contest_until`. What comes later is for whoever decides to weigh."


class RepairTooEarly(Problem):
    slug = "repair-too-early"
    status = 409
    title = "It cannot be repaired yet"
    description = "Every tier has a least time that a listing lasts: see `repairable_from` of the entry."


class CauseIsNoGround(Problem):
    slug = "cause-is-no-ground"
    status = 409
    title = "One of the causes is no ground for a listing"
    description = (
        "The decision on the clue was annulled, or the order was lifted, lost its ground, or was itself caused by a"
        " listing, which never leads to another one."
    )
