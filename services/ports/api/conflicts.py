"""Conflicts of the model, as problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.http.problems import NotFound, Problem
from services.ports.model import ConflictError
from services.ports.store.sight import NotSeenError


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


_BY_CODE = {each.slug: each for each in (OrderStateConflict, EnquiryIsAnswered, NumberIsFiled, NumberIsNotFiled)}


@contextmanager
def told_as_problems() -> Iterator[None]:
    """Turn what a command raises into problems."""
    try:
        yield
    except ConflictError as error:
        raise _BY_CODE[error.code](error.detail) from error
    except NotSeenError as error:
        raise NotFound from error
