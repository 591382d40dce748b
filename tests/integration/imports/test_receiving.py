from __future__ import annotations

import gzip
import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest
import uvicorn
from fastapi import FastAPI

from chassis.database import Database
from tests.integration.http.issuer import Issuer
from tests.integration.imports import letters
from tests.integration.imports.conftest import SCOPES, Sender, letters_file
from tests.parcels.service import rows

# The same bytes in every process: pytest names tests after them.
compress = partial(gzip.compress, mtime=0)


def kept(database: Database) -> int:
    """How many imports and chunks there are."""
    [row] = rows(database, "SELECT (SELECT count(*) FROM imports) + (SELECT count(*) FROM import_chunks)")
    return int(row[0])


def test_a_file_is_kept_before_it_is_answered_and_worked_off_after(carrier: Sender, database: Database) -> None:
    content = letters_file(["r1", "r2"])
    answer = carrier.send(content)
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/letter-imports/{answer.json()['id']}"
    received = carrier.look(answer.headers["Location"])
    assert received == answer.json()
    assert received["state"] == "received"
    assert received["org"] == "carrier:CMCC"
    assert (received["lines"], received["lines_read"]) == (2, 0)
    assert received["bytes"] == len(content)
    assert received["digest"] == hashlib.sha256(content).hexdigest()

    letters.sweep(database)
    finished = carrier.look(answer.headers["Location"])
    assert finished["state"] == "finished"
    assert finished["finished_at"] is not None
    assert (finished["lines_read"], finished["accepted"], finished["duplicates"], finished["rejected"]) == (2, 2, 0, 0)


def test_a_file_without_a_type_of_its_own_is_in_the_format_of_its_route(carrier: Sender) -> None:
    content = letters_file(["r1", "r2"])
    answers = [
        carrier.send(content, Content_Type=each, Idempotency_Key="the-same-file")
        for each in ("application/octet-stream", "application/x-ndjson")
    ]
    assert [each.status_code for each in answers] == [202, 202]
    assert answers[0].json()["media_type"] == "application/x-ndjson"
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Encoding": "gzip"},
        {"Content_Type": "application/gzip"},
        {"Content_Type": "application/x-gzip"},
        {"Content_Type": "application/octet-stream", "Content_Encoding": "gzip"},
    ],
)
def test_a_gzipped_file_is_the_same_file(carrier: Sender, headers: dict[str, str]) -> None:
    content = letters_file(range(500))
    answer = carrier.send(gzip.compress(content), **headers)
    assert answer.status_code == 202
    assert answer.json()["digest"] == hashlib.sha256(content).hexdigest()
    assert answer.json()["lines"] == 500
    assert answer.json()["media_type"] == "application/x-ndjson"


@pytest.mark.parametrize(
    ("content", "headers", "status", "slug"),
    [
        (b"", {}, 422, "unreadable-file"),
        (compress(letters_file(range(9000)))[:-9], {"Content_Encoding": "gzip"}, 422, "unreadable-file"),
        (b"no gzip", {"Content_Encoding": "gzip"}, 422, "unreadable-file"),
        (compress(letters_file(range(9))), {}, 422, "unreadable-file"),
        (compress(b"0" * 50_000_000), {"Content_Encoding": "gzip"}, 413, "compressed-too-strongly"),
        (b"{}", {"Content_Encoding": "br"}, 415, "unsupported-media-type"),
        (b"{}", {"Content_Encoding": "gzip", "Content_Type": "application/gzip"}, 415, "unsupported-media-type"),
        (b"{}", {"Content_Type": "application/json"}, 415, "unsupported-media-type"),
        (b"{}", {"Content_Type": "application/x-ndjson; charset=gbk"}, 415, "unsupported-media-type"),
        (b"{}", {"Content_Type": "multipart/form-data; boundary=x"}, 415, "unsupported-media-type"),
    ],
)
def test_what_is_no_such_file_is_refused_without_a_trace(
    carrier: Sender, database: Database, content: bytes, headers: dict[str, str], status: int, slug: str
) -> None:
    before = kept(database)
    answer = carrier.send(content, **headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{slug}"
    assert kept(database) == before


def test_a_file_that_is_too_large_is_refused_without_a_trace(
    carrier: Sender, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept(database)
    monkeypatch.setenv("ANNING_IMPORT_MAX_BYTES", "1000")
    content = letters_file(range(500))
    for answer in (carrier.send(content), carrier.send(gzip.compress(content), Content_Encoding="gzip")):
        assert answer.status_code == 413
        assert answer.json()["type"] == "/problems/payload-too-large"
    assert kept(database) == before


def test_a_csv_file_needs_the_right_header(carrier: Sender, database: Database) -> None:
    before = kept(database)
    answer = carrier.send_streets(b"code,colour\na,red\n")
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "/problems/wrong-header"
    assert (problem["missing"], problem["unknown"]) == (["name"], ["colour"])
    assert kept(database) == before


def test_every_bad_line_is_told_with_its_number_and_the_others_are_kept(carrier: Sender, database: Database) -> None:
    content = b"\n".join(
        [
            b'{"number": "b2", "text": "one"}',
            b"no json",
            "{'number': '信'}".encode("gbk"),
            b"",
            b'{"number": "b6\\u0000"}',
            b'{"number": "b7\\ud800"}',
            b'{"number": "' + b"8" * 70_000 + b'"}',
            b'{"number": 9}',
            b'{"number": "b2", "text": "two"}',
            b'{"number": "b2", "text": "one"}',
            b'{"number": "b12"}',
        ]
    )
    address = carrier.sent(content)
    letters.sweep(database)
    told = carrier.look(address)
    assert (told["lines"], told["accepted"], told["duplicates"], told["rejected"]) == (10, 2, 1, 7)
    assert carrier.errors(address) == [
        (2, "malformed"),
        (3, "not-utf8"),
        (5, "nul-character"),
        (6, "lone-surrogate"),
        (7, "line-too-long"),
        (8, "invalid"),
        (9, "other-text"),
    ]
    [texts] = rows(database, "SELECT array_agg(text ORDER BY number) FROM letters WHERE number IN ('b2', 'b12')")
    assert texts[0] == ["", "one"]


def test_bad_lines_of_csv_are_told_by_the_line_they_begin_in(carrier: Sender, database: Database) -> None:
    content = '\ufeffname,code,houses\r\n"大\r\n路",s1,3\r\nb,s2\r\n,s3,1\r\n"c,s4,5\r\nd,s5,many\r\ne,s6,\r\n'.encode()
    answer = carrier.send_streets(content)
    letters.sweep(database)
    told = carrier.look(answer.headers["Location"])
    assert told["state"] == "finished"
    assert (told["lines"], told["accepted"], told["rejected"]) == (6, 2, 4)
    assert carrier.errors(answer.headers["Location"]) == [
        (4, "columns"),
        (5, "invalid"),
        (6, "unclosed-quote"),
        (7, "invalid"),
    ]
    found = rows(database, "SELECT code, name, houses, sender FROM streets ORDER BY code")
    assert [tuple(row) for row in found] == [("s1", "大\n路", 3, "CMCC"), ("s6", "e", None, "CMCC")]


def test_a_file_without_lines_is_finished_without_any(carrier: Sender, database: Database) -> None:
    answer = carrier.send_streets(b"code,name\n\n")
    letters.sweep(database)
    told = carrier.look(answer.headers["Location"])
    assert (told["state"], told["lines"], told["lines_read"]) == ("finished", 0, 0)


def test_the_same_file_again_adds_nothing(carrier: Sender, database: Database) -> None:
    content = letters_file(["again1", "again2", "again1"])
    first, second = carrier.sent(content), carrier.sent(content)
    letters.sweep(database)
    once, again = carrier.look(first), carrier.look(second)
    assert once["digest"] == again["digest"]
    assert (once["accepted"], once["duplicates"]) == (2, 1)
    assert (again["accepted"], again["duplicates"]) == (0, 3)


def test_an_upload_that_is_repeated_with_its_key_is_one_import(carrier: Sender, database: Database) -> None:
    content = letters_file(["key1"])
    first = carrier.send(content, Idempotency_Key="k1")
    before = kept(database)
    again = carrier.send(gzip.compress(content), Idempotency_Key="k1", Content_Encoding="gzip")
    assert (again.status_code, again.json(), again.headers["Location"]) == (
        202,
        first.json(),
        first.headers["Location"],
    )
    assert again.headers["Idempotency-Replayed"] == "true"
    other = carrier.send(letters_file(["key2"]), Idempotency_Key="k1")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert kept(database) == before


def test_an_import_is_seen_by_its_organisation_and_by_who_oversees_all(
    carrier: Sender, other_carrier: Sender, staff: Sender, issuer: Issuer
) -> None:
    address = carrier.sent(letters_file(["seen"]))
    assert staff.look(address) == carrier.look(address)
    for path in (address, f"{address}/errors"):
        assert other_carrier.api.get(path, headers=other_carrier.headers).status_code == 404
    assert other_carrier.resume(address).status_code == 404
    # Known under its own path only.
    elsewhere = address.replace("letter", "street")
    assert carrier.api.get(elsewhere, headers=carrier.headers).status_code == 404
    listed = [item["id"] for item in staff.api.get("/letter-imports", headers=staff.headers).json()["items"]]
    assert address.rpartition("/")[2] in listed
    provincial_staff = Sender(carrier.api, issuer.bearer("letters:send", org="regulator:CA-44"))
    for other in (other_carrier, provincial_staff):
        assert other.api.get(address, headers=other.headers).status_code == 404
        theirs = other.api.get("/letter-imports", headers=other.headers).json()["items"]
        assert address.rpartition("/")[2] not in [item["id"] for item in theirs]


def test_imports_are_listed_page_by_page_the_newest_first(other_carrier: Sender) -> None:
    addresses = [other_carrier.sent(letters_file([f"page{number}"])) for number in range(5)]
    found = []
    following = "/letter-imports?page_size=2"
    while following:
        answer = other_carrier.api.get(following, headers=other_carrier.headers)
        found += [f"/letter-imports/{item['id']}" for item in answer.json()["items"]]
        following = answer.links["next"]["url"] if "next" in answer.links else ""
    assert found[:5] == addresses[::-1]


def test_the_scope_is_needed(carrier: Sender, issuer: Issuer) -> None:
    stranger = Sender(carrier.api, issuer.bearer("streets:send"))
    assert stranger.send(b"{}").status_code == 403
    assert Sender(carrier.api, {}).send(b"{}").status_code == 401


def test_what_waits_is_not_to_be_read_in_the_database(carrier: Sender, database: Database) -> None:
    address = carrier.sent(letters_file(["13800138000"]))
    identity = address.rpartition("/")[2]
    statement = "SELECT content FROM import_chunks WHERE import_id = cast(:id AS uuid)"
    [row] = rows(database, statement, id=identity)
    assert b"13800138000" not in row.content
    letters.sweep(database)
    [row] = rows(database, statement, id=identity)
    assert row.content is None


@pytest.fixture
def served(app: FastAPI) -> Iterator[tuple[str, int]]:
    """The API behind a real socket: host and port."""
    config = uvicorn.Config(app, port=0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()
    server.should_exit = True
    thread.join()


def test_an_upload_that_breaks_off_leaves_no_trace_and_holds_no_connection(
    served: tuple[str, int], issuer: Issuer, database: Database
) -> None:
    before = kept(database)
    head = [
        "POST /letter-imports HTTP/1.1",
        "Host: post",
        "Content-Type: application/x-ndjson",
        "Content-Length: 5000000",
        *(f"{name}: {value}" for name, value in issuer.bearer(SCOPES).items()),
    ]
    with socket.create_connection(served) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + letters_file(range(50_000)))
        pool = database.engine.pool
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            assert pool.checkedout() == 0  # type: ignore[attr-defined]
            time.sleep(0.05)
    with socket.create_connection(served) as connection:
        content = letters_file(["after"])
        head[3] = f"Content-Length: {len(content)}"
        connection.sendall("\r\n".join([*head, "Connection: close", "", ""]).encode() + content)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 202")
    assert kept(database) == before + 2


def test_the_routes_are_described_with_what_they_take_and_refuse(app: FastAPI) -> None:
    paths = app.state.document["paths"]
    create = paths["/letter-imports"]["post"]
    assert create["operationId"] == "create_letter_import"
    # Generators of clients know one type for files; the others are named in the description.
    assert set(create["requestBody"]["content"]) == {"application/octet-stream"}
    for each in ("application/x-ndjson", "application/jsonl", "application/gzip", "application/x-gzip"):
        assert each in create["description"]
    assert {"202", "400", "401", "403", "409", "413", "415", "422", "503"} <= set(create["responses"])
    refused = json.dumps(create["responses"]["422"])
    assert "unreadable-file" in refused
    assert "idempotency-key-reused" in refused
    assert "/letter-imports/{id}/resumption" in paths
    operations = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert len(operations) == len(set(operations))
