"""Conflicts of the model, as problems: a ConflictError names one by its slug."""

from __future__ import annotations

from chassis.http.problems import Problem


class ClueStateConflict(Problem):
    slug = "clue-state"
    status = 409
    title = "The clue is in a state in which this cannot be done"
    description = (
        "A clue is collected, sealed and referred, received, and concluded or returned by its authority; staff route"
        " what was returned, and conclude what is nobody else's. `detail` says where it stands. Read it again; with the"
        " Idempotency-Key of the first request a repeated one gets its answer again."
    )


class ExtensionRefused(Problem):
    slug = "extension-refused"
    status = 409
    title = "The deadline cannot be extended"
    description = (
        "A deadline is extended once in a hand-over, and before it has passed. After that a conclusion is still taken,"
        " and counts as late."
    )


class BatchIsReceived(Problem):
    slug = "batch-is-received"
    status = 409
    title = "The batch has been received"
    description = "A batch is received once. Its content can be fetched as often as one likes."


class DigestDiffers(Problem):
    slug = "digest-differs"
    status = 422
    title = "The digest is not that of the batch"
    description = (
        "The digest is the SHA-256, in hexadecimal, of the manifest: the first line of the batch's content without its"
        " line break. What was fetched is not what was sealed, or was changed on the way: fetch it again."
    )
