"""Conflicts of the model, as problems: a ConflictError names one by its slug."""

from __future__ import annotations

from chassis.http.problems import Problem


class OrderStateConflict(Problem):
    slug = "order-state"
    status = 409
    title = "The order is in a state in which this cannot be done"
    description = (
        "An order is acknowledged, then executed or refused by its carrier, and lifted by staff: `detail` says where it"
        " stands. Read it again; with the Idempotency-Key of the first request a repeated one gets its answer again."
    )


class EnquiryIsAnswered(Problem):
    slug = "enquiry-is-answered"
    status = 409
    title = "The enquiry has been answered"
    description = "A carrier answers an enquiry once. An answer that was wrong is put right with the regulator's staff."


class NumberIsFiled(Problem):
    slug = "number-is-filed"
    status = 409
    title = "The number is filed"
    description = (
        "The answer says that the number is unfiled, but there is a filing in force that answers for it: the carrier's"
        " own (then answer `filed`), or another carrier's."
    )


class NumberIsNotFiled(Problem):
    slug = "number-is-not-filed"
    status = 409
    title = "The number is not filed"
    description = (
        "The answer says that the number has been filed, but no filing of this carrier in force answers for it. File it"
        " first: POST /filings."
    )
