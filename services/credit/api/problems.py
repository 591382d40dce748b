"""Conflicts of the model as problems: a ConflictError names one by its slug."""

from __future__ import annotations

from chassis.http.problems import Problem


class EntryStateConflict(Problem):
    slug = "entry-state"
    status = 409
    title = "The state of the entry does not allow this"
    description = (
        "An entry is proposed, possibly contested, then effective or withdrawn; a listing is repaired, expired or"
        " withdrawn. `detail` gives the present state. Read the entry again. A repeated request with the"
        " Idempotency-Key of the first one receives the first response."
    )


class ContestPeriodRuns(Problem):
    slug = "contest-period-runs"
    status = 409
    title = "The contest period is not over"
    description = (
        "A proposal is confirmed after the contest period, or once the enterprise has contested it. It may be rejected"
        " at any time."
    )


class ContestPeriodOver(Problem):
    slug = "contest-period-over"
    status = 409
    title = "The contest period is over"
    description = "An objection is recorded until `contest_until`. The decider may still consider a later one."


class RepairTooEarly(Problem):
    slug = "repair-too-early"
    status = 409
    title = "The listing cannot be repaired yet"
    description = "Every tier has a minimum time of listing: see `repairable_from` of the entry."


class CauseIsNoGround(Problem):
    slug = "cause-is-no-ground"
    status = 409
    title = "One of the causes cannot be a ground for a listing"
    description = (
        "The decision on the clue was annulled, or the order was lifted, lost its ground, or was itself caused by a"
        " listing. An order caused by a listing never leads to another listing."
    )
