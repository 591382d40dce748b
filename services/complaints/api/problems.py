"""Conflicts of this service, as problems: a ConflictError names one by its slug."""

from __future__ import annotations

from chassis.http.problems import Problem


class ComplaintDiffers(Problem):
    slug = "complaint-differs"
    status = 409
    title = "This id stands for another complaint"
    description = (
        "The channel has filed a complaint with this external id before, and it said something else. Nothing was"
        " changed: give the new complaint an id of its own, or withdraw the one that was wrong and file it anew."
    )


class RevealStateConflict(Problem):
    slug = "reveal-state"
    status = 409
    title = "The reveal is in a state in which this cannot be done"
    description = (
        "A reveal is requested, then approved or refused by somebody else, once, and only an approved one tells the"
        " number. While a request waits, the same person cannot make another about the same complaint. `detail` says"
        " where it stands."
    )


class RevealExpired(Problem):
    slug = "reveal-expired"
    status = 409
    title = "The approval has ended"
    description = "A number is told only for a while after it was approved. Whoever still needs it asks anew."
