"""Conflicts of the model as problems: a ConflictError names one by its slug."""

from __future__ import annotations

from chassis.http.problems import Problem


class OrderStateConflict(Problem):
    slug = "order-state"
    status = 409
    title = "The state of the order does not allow this"
    description = (
        "A carrier acknowledges an order, then executes or refuses it; staff lift it. `detail` states how far the order"
        " has come. Read it again. A request that is repeated with its Idempotency-Key gets its first response."
    )


class EnquiryIsAnswered(Problem):
    slug = "enquiry-is-answered"
    status = 409
    title = "The enquiry is already answered"
    description = "A carrier answers an enquiry once. To correct a wrong answer, contact the regulator's staff."


class NumberIsFiled(Problem):
    slug = "number-is-filed"
    status = 409
    title = "The number is filed"
    description = (
        "The answer states that the number is not filed, but a filing in force covers it: the carrier's own (the answer"
        " is then `filed`), or another carrier's."
    )


class NumberIsNotFiled(Problem):
    slug = "number-is-not-filed"
    status = 409
    title = "The number is not filed"
    description = (
        "The answer states that the number is filed, but no filing of this carrier in force covers it. File it first:"
        " POST /filings."
    )


class ProposalStateConflict(Problem):
    slug = "proposal-state"
    status = 409
    title = "The proposal is already decided or withdrawn"
    description = (
        "A proposal to shut is decided once, and withdrawn when its listing ends before the decision. `detail` states"
        " which. To undo an order that followed, lift the order."
    )


class PortIsProposed(Problem):
    slug = "port-is-proposed"
    status = 409
    title = "The port is already proposed"
    description = (
        "A proposal to shut this port is waiting for a decision, which has to come first. To find it: GET"
        " /shutdown-proposals with carrier and number."
    )


class CarrierIsLoaded(Problem):
    slug = "carrier-is-loaded"
    status = 409
    title = "The carrier has had its initial load"
    description = (
        "Each carrier is loaded once. File further ports as usual: a register file counts for messages from a month"
        " before it is recorded on, a single filing from two days before. To find the load: GET /initial-loads with"
        " carrier."
    )


class LoadIsClosed(Problem):
    slug = "load-is-closed"
    status = 409
    title = "The initial load is already closed"
    description = "An initial load is closed once and is not opened again. `detail` states when it was closed."


class NotAParty(Problem):
    slug = "not-a-party"
    status = 409
    title = "The enterprise has no part in the order"
    description = (
        "A notice about an order goes to the holder or to the content provider of its port, where they are known."
    )


class PortIsOrdered(Problem):
    slug = "port-is-ordered"
    status = 409
    title = "The port has an open order"
    description = (
        "A port has at most one open order. To find it: GET /orders with carrier and number. Reject the proposal, or"
        " decide it after that order is lifted; a lift whose port is shut again needs no reversal: confirm it."
    )
