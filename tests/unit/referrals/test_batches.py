"""Batches and their content: the same input gives the same bytes, and digests identify them."""

from __future__ import annotations

import hashlib
import json

import pytest

from chassis.aggregate import ConflictError
from chassis.redaction import Redacted
from contracts.referrals import BatchFact
from services.referrals.model import Batch, BatchState, SealingTrigger
from services.referrals.policy.documents import (
    SenderLine,
    digest_of,
    document_of,
    manifest_of,
    may_show_samples,
)
from tests.unit.referrals.builders import BATCH, BECAUSE, HOLDER, NOON, NUMBER, PROVIDER, clue, days, refer

SENDER = SenderLine(number=NUMBER, kind="port", carrier="CMCC", holder=HOLDER, complaints=7)


def batch() -> Batch:
    made = clue()
    refer(made)
    manifest = manifest_of(
        BATCH, "SAMR", SealingTrigger.COMMAND, NOON, [document_of(made, [SENDER], [Redacted("全场五折")])]
    )
    sealed = Batch(
        id=BATCH,
        authority="SAMR",
        because=SealingTrigger.COMMAND,
        sealing_id=None,
        correlation_id=BECAUSE.correlation_id,
        clues=1,
        manifest=manifest,
        digest=digest_of(manifest),
        sealed_at=NOON,
    )
    sealed.seal(BECAUSE)
    return sealed


def test_a_document_is_one_line_with_every_field_for_the_authority() -> None:
    made = clue()
    refer(made)
    sealed = document_of(made, [SENDER], [Redacted("全场\n五折")])
    assert b"\n" not in sealed.content
    assert sealed.digest == hashlib.sha256(sealed.content).hexdigest()
    document = json.loads(sealed.content)
    assert list(document) == [
        "clue", "subject", "industry", "category", "period", "sequence", "counts", "carriers", "senders", "samples",
        "authority", "sealed_at", "rules",
    ]  # fmt: skip
    assert document["subject"] == {"kind": "enterprise", "value": PROVIDER, "name": "禾木优选贸易有限公司"}
    assert document["senders"][0]["complaints"] == 7
    assert document["sealed_at"] == "2026-06-10T12:34:56Z"


def test_the_same_clue_gives_the_same_bytes() -> None:
    made = clue()
    refer(made)
    assert document_of(made, [SENDER], [Redacted("x")]) == document_of(made, [SENDER], [Redacted("x")])


def test_the_manifest_lists_every_document_with_its_digest() -> None:
    clues = [clue(), clue()]
    for each in clues:
        refer(each)
    documents = [document_of(each, [], []) for each in clues]
    manifest = json.loads(manifest_of(BATCH, "SAMR", SealingTrigger.CALENDAR, NOON, documents))
    assert (manifest["batch"], manifest["authority"], manifest["because"]) == (str(BATCH), "SAMR", "calendar")
    assert [each["digest"] for each in manifest["clues"]] == [each.digest for each in documents]
    assert [each["bytes"] for each in manifest["clues"]] == [len(each.content) for each in documents]


@pytest.mark.parametrize(
    ("authority", "complainants", "shown"),
    [("SAMR", 2, False), ("SAMR", 3, True), ("MPS", 1, True), ("MPS", 3, True)],
)
def test_excerpts_are_shown_with_enough_complainants_and_to_the_police(
    authority: str, complainants: int, shown: bool
) -> None:
    assert may_show_samples(authority, complainants, 3) is shown


def test_a_batch_is_received_once_with_its_digest() -> None:
    made = batch()
    with pytest.raises(ConflictError) as conflict:
        made.receive("0" * 64, NOON, BECAUSE)
    assert (conflict.value.code, made.state) == ("digest-differs", BatchState.SEALED)
    made.receive(made.digest, NOON + days(1), BECAUSE)
    assert made.state is BatchState.RECEIVED
    with pytest.raises(ConflictError) as conflict:
        made.receive(made.digest, NOON + days(2), BECAUSE)
    assert conflict.value.code == "batch-is-received"
    sealed, received = [each.event for each in made.drain() if isinstance(each.event, BatchFact)]
    assert (sealed.type, sealed.received_at, sealed.key) == ("batch-sealed.v1", None, "SAMR")
    assert (received.type, received.received_at) == ("batch-received.v1", NOON + days(1))
    assert sealed.digest == received.digest
