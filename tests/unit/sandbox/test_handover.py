"""A batch is accepted only if every line equals the sealed one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from uuid import UUID

import pytest

from sandbox.handover import Tampered, verified_manifest

BATCH = "0199c0de-0000-7000-8000-00000000000b"
CLUES = [f"0199c0de-0000-7000-8000-00000000000{index}" for index in (1, 2, 3)]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _document(clue: str) -> bytes:
    return json.dumps(
        {"clue": clue, "subject": {"kind": "signature", "value": "乌有商城"}}, ensure_ascii=False
    ).encode()


def _manifest(documents: list[bytes], clues: list[str] = CLUES) -> bytes:
    listed = [
        {"clue": clue, "digest": _digest(document), "bytes": len(document)}
        for clue, document in zip(clues, documents, strict=True)
    ]
    return json.dumps({"batch": BATCH, "authority": "SAMR", "because": "calendar", "clues": listed}).encode()


def _content(*lines: bytes) -> bytes:
    return b"".join(line + b"\n" for line in lines)


DOCUMENTS = [_document(clue) for clue in CLUES]
MANIFEST = _manifest(DOCUMENTS)
COMPLETE = _content(MANIFEST, *DOCUMENTS)


@pytest.mark.parametrize("content", [COMPLETE, COMPLETE.removesuffix(b"\n")])
def test_a_complete_batch_has_a_manifest_with_authority_and_clues(content: bytes) -> None:
    manifest = verified_manifest(content, _digest(MANIFEST))
    assert (manifest.batch, manifest.authority) == (UUID(BATCH), "SAMR")
    assert [str(each.clue) for each in manifest.clues] == CLUES


def test_a_batch_may_be_empty() -> None:
    manifest = _manifest([], [])
    assert verified_manifest(_content(manifest), _digest(manifest)).clues == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content.replace(b"SAMR", b"NFRA"), "the sealed batch"),
        (lambda content: content.replace(b"calendar", b"calendar "), "the sealed batch"),
        (lambda content: content.replace("乌有".encode(), "子虚".encode()), f"document of clue {CLUES[0]}"),
        (lambda content: content + DOCUMENTS[0] + b"\n", "lists 3 documents, the content has 4"),
        (lambda content: content[: content.index(DOCUMENTS[2])], "the content has 2"),
        (lambda content: _content(MANIFEST, DOCUMENTS[1], DOCUMENTS[0], DOCUMENTS[2]), f"document of clue {CLUES[0]}"),
        (lambda content: content + b"\n", "the content has 4"),
        (lambda _: b"", "the sealed batch"),
    ],
)
def test_a_changed_batch_is_detected(change: Callable[[bytes], bytes], message: str) -> None:
    with pytest.raises(Tampered, match=message):
        verified_manifest(change(COMPLETE), _digest(MANIFEST))


def test_a_document_listed_for_another_clue_is_detected() -> None:
    manifest = _manifest(DOCUMENTS, CLUES[::-1])
    with pytest.raises(Tampered, match=f"listed for clue {CLUES[2]} is about another"):
        verified_manifest(_content(manifest, *DOCUMENTS), _digest(manifest))


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'{"clue": "none"}'])
def test_a_malformed_document_is_detected(line: bytes) -> None:
    manifest = _manifest([line], CLUES[:1])
    with pytest.raises(Tampered, match="is about another"):
        verified_manifest(_content(manifest, line), _digest(manifest))


@pytest.mark.parametrize("manifest", [b"", b"{", b"[]", b'{"batch": 1}'])
def test_a_malformed_manifest_is_detected_although_its_digest_matches(manifest: bytes) -> None:
    with pytest.raises(Tampered, match="is malformed"):
        verified_manifest(_content(manifest), _digest(manifest))
