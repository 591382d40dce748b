"""The conflicts of this service as problems. A ConflictError names its problem by the slug."""

from __future__ import annotations

from chassis.http.problems import Problem


class ComplaintDiffers(Problem):
    slug = "complaint-differs"
    status = 409
    title = "This id belongs to another complaint"
    description = (
        "The channel has filed a complaint with this external id before, and its content was different. Nothing was"
        " changed. Give the new complaint an id of its own, or withdraw the one that was wrong and file it again under"
        " a new id."
    )


class RevealStateConflict(Problem):
    slug = "reveal-state"
    status = 409
    title = "The state of the reveal does not allow this"
    description = (
        "A reveal is requested, then approved or refused once by a second person; only an approved one discloses the"
        " number. While a request waits for its decision, the same person cannot make another one about the same"
        " complaint. `detail` gives the present state."
    )


class HoldStateConflict(Problem):
    slug = "hold-state"
    status = 409
    title = "The state of the hold does not allow this"
    description = "A channel is held until it is released, once. `detail` states when that was."


class RevealExpired(Problem):
    slug = "reveal-expired"
    status = 409
    title = "The approval has expired"
    description = "A number is disclosed only for a limited time after the approval. Request a new reveal."
