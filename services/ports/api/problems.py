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


class ProposalStateConflict(Problem):
    slug = "proposal-state"
    status = 409
    title = "The proposal is decided, or withdrawn"
    description = (
        "A proposal to shut is decided once, and withdrawn when the listing that it stands on ends before that."
        " `detail` says what became of it. Against an order that followed from it there is its lifting."
    )


class PortIsProposed(Problem):
    slug = "port-is-proposed"
    status = 409
    title = "The port is proposed already"
    description = (
        "A proposal to shut this port waits to be decided. Have it decided first: GET /shutdown-proposals finds it by"
        " carrier and number."
    )


class PortIsOrdered(Problem):
    slug = "port-is-ordered"
    status = 409
    title = "There is an open order for the port"
    description = (
        "A port has one open order at most, and there is one: GET /orders finds it by carrier and number. Reject the"
        " proposal, or decide it after that order has been lifted."
    )
