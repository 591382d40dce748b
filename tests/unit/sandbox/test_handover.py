"""A batch is what was sealed, line by line, or it is not taken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from uuid import UUID

import pytest

from sandbox.handover import Tampered, opened

BATCH = "0199c0de-0000-7000-8000-00000000000b"
CLUES = [f"0199c0de-0000-7000-8000-00000000000{place}" for place in (1, 2, 3)]


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
WHOLE = _content(MANIFEST, *DOCUMENTS)


@pytest.mark.parametrize("content", [WHOLE, WHOLE.removesuffix(b"\n")])
def test_a_batch_that_is_whole_tells_whose_it_is_and_which_clues_it_has(content: bytes) -> None:
    manifest = opened(content, _digest(MANIFEST))
    assert (manifest.batch, manifest.authority) == (UUID(BATCH), "SAMR")
    assert [str(each.clue) for each in manifest.clues] == CLUES


def test_a_batch_may_be_empty() -> None:
    manifest = _manifest([], [])
    assert opened(_content(manifest), _digest(manifest)).clues == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda content: content.replace(b"SAMR", b"NFRA"), "sealed under"),
        (lambda content: content.replace(b"calendar", b"calendar "), "sealed under"),
        (lambda content: content.replace("乌有".encode(), "子虚".encode()), f"document of clue {CLUES[0]}"),
        (lambda content: content + DOCUMENTS[0] + b"\n", "lists 3 documents, there are 4"),
        (lambda content: content[: content.index(DOCUMENTS[2])], "there are 2"),
        (lambda content: _content(MANIFEST, DOCUMENTS[1], DOCUMENTS[0], DOCUMENTS[2]), f"document of clue {CLUES[0]}"),
        (lambda content: content + b"\n", "there are 4"),
        (lambda _: b"", "sealed under"),
    ],
)
def test_what_was_changed_on_the_way_is_found(change: Callable[[bytes], bytes], told: str) -> None:
    with pytest.raises(Tampered, match=told):
        opened(change(WHOLE), _digest(MANIFEST))


def test_a_document_that_is_listed_for_another_clue_is_found() -> None:
    manifest = _manifest(DOCUMENTS, CLUES[::-1])
    with pytest.raises(Tampered, match=f"listed for clue {CLUES[2]} is about another"):
        opened(_content(manifest, *DOCUMENTS), _digest(manifest))


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'{"clue": "none"}'])
def test_a_document_that_is_none_is_found(line: bytes) -> None:
    manifest = _manifest([line], CLUES[:1])
    with pytest.raises(Tampered, match="is about another"):
        opened(_content(manifest, line), _digest(manifest))


@pytest.mark.parametrize("manifest", [b"", b"{", b"[]", b'{"batch": 1}'])
def test_a_manifest_that_is_none_is_found_though_its_digest_fits(manifest: bytes) -> None:
    with pytest.raises(Tampered, match="cannot be read"):
        opened(_content(manifest), _digest(manifest))
