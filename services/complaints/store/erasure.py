"""The erasure of complaints that are withdrawn: their content is destroyed wherever this service stores it.

The keyed digest and the id of the channel stay, so that the complaint is recognised when it is sent again; so do its
sender, what was decided about it and the digest of its receipt.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from chassis.database import Tx
from chassis.events import outbox
from chassis.http import idempotency
from chassis.version import API_PREFIX
from contracts.complaints import ComplaintAssessed

_ERASE = sa.text(
    "UPDATE complaints SET text = NULL, sender_raw = NULL, text_cipher = NULL, number_cipher = NULL, receipt = NULL,"
    " receipt_digest = coalesce(receipt_digest, sha256(convert_to(receipt, 'UTF8')))"
    " WHERE id = ANY(CAST(:ids AS uuid[]))"
)
_ERASE_ASSESSMENTS = sa.text(
    "UPDATE assessments SET excerpt = '', signature = NULL, note = NULL WHERE complaint_id = ANY(CAST(:ids AS uuid[]))"
)


def erase(tx: Tx, complaints: Collection[UUID]) -> None:
    """Erase what these withdrawn complaints contain: text, sender as typed and number, what their assessments, the
    stored responses that show them and the stored events quote of it."""
    ids = {"ids": list(complaints)}
    tx.execute(_ERASE, ids)
    tx.execute(_ERASE_ASSESSMENTS, ids)
    idempotency.erase(tx, [f"{API_PREFIX}/complaints/{each}/assessments" for each in complaints])
    for each in complaints:
        outbox.rewrite(tx, ComplaintAssessed.aggregate, str(each), _without_quotes)


def _without_quotes(payload: bytes) -> bytes:
    envelope: dict[str, Any] = msgspec.json.decode(payload)
    if envelope["type"] != ComplaintAssessed.type:
        return payload
    data = envelope["data"]
    data["excerpt"] = ""
    data["attribution"]["signature"] = None
    return msgspec.json.encode(envelope)
