"""Conflicts of the model as problems: a ConflictError names one by its slug."""

from __future__ import annotations

from chassis.http.problems import Problem


class ClueStateConflict(Problem):
    slug = "clue-state"
    status = 409
    title = "The clue's state does not allow this"
    description = (
        "A clue is collected, sealed and referred, received, and then concluded or returned by its authority. Staff"
        " route returned clues, and conclude clues for which no other authority is competent. `detail` states the"
        " present state. Read the clue again. A repeated request with the Idempotency-Key of the first one gets the"
        " first response again."
    )


class ExtensionRefused(Problem):
    slug = "extension-refused"
    status = 409
    title = "The deadline cannot be extended"
    description = (
        "A deadline can be extended once per hand-over, before it has passed. A conclusion is still accepted"
        " afterwards, and counts as late."
    )


class BatchIsReceived(Problem):
    slug = "batch-is-received"
    status = 409
    title = "The batch has been received already"
    description = "Receipt of a batch is confirmed once. Its content can still be fetched."


class DigestDiffers(Problem):
    slug = "digest-differs"
    status = 422
    title = "The digest does not match the batch"
    description = (
        "The digest is the SHA-256, in hexadecimal, of the manifest: the first line of the batch's content without its"
        " line break. The fetched content is incomplete or was changed in transit: fetch it again."
    )
