from __future__ import annotations

import gzip
import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI

from chassis.database import Database
from chassis.imports import seal_digests
from chassis.sweeper import Slice
from tests.integration.http.issuer import Issuer
from tests.integration.imports import letters
from tests.integration.imports.conftest import SCOPES, Client, letters_file
from tests.parcels.service import rows


def stored(database: Database) -> int:
    """The number of imports and chunks."""
    [row] = rows(database, "SELECT (SELECT count(*) FROM imports) + (SELECT count(*) FROM import_chunks)")
    return int(row[0])


def test_a_file_is_stored_before_the_response_and_processed_afterwards(carrier: Client, database: Database) -> None:
    content = letters_file(["r1", "r2"])
    response = carrier.send(content)
    assert response.status_code == 202
    assert response.headers["Location"] == f"/v1/letter-imports/{response.json()['id']}"
    received = carrier.get_import(response.headers["Location"])
    assert received == response.json()
    assert received["state"] == "received"
    assert received["org"] == "carrier:CMCC"
    assert (received["lines"], received["lines_read"]) == (2, 0)
    assert received["bytes"] == len(content)
    assert received["digest"] == hashlib.sha256(content).hexdigest()

    letters.sweep(database)
    finished = carrier.get_import(response.headers["Location"])
    assert finished["state"] == "finished"
    assert finished["finished_at"] is not None
    assert (finished["lines_read"], finished["accepted"], finished["duplicates"], finished["rejected"]) == (2, 2, 0, 0)


def test_a_file_without_a_specific_media_type_has_the_format_of_its_route(carrier: Client) -> None:
    content = letters_file(["r1", "r2"])
    responses = [
        carrier.send(content, Content_Type=each, Idempotency_Key="the-same-file")
        for each in ("application/octet-stream", "application/x-ndjson")
    ]
    assert [each.status_code for each in responses] == [202, 202]
    assert responses[0].json()["media_type"] == "application/x-ndjson"
    assert responses[0].json() == responses[1].json()


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Encoding": "gzip"},
        {"Content_Type": "application/gzip"},
        {"Content_Type": "application/x-gzip"},
        {"Content_Type": "application/octet-stream", "Content_Encoding": "gzip"},
    ],
)
def test_a_gzipped_file_is_stored_like_its_content(carrier: Client, headers: dict[str, str]) -> None:
    content = letters_file(range(500))
    response = carrier.send(gzip.compress(content), **headers)
    assert response.status_code == 202
    assert response.json()["digest"] == hashlib.sha256(content).hexdigest()
    assert response.json()["lines"] == 500
    assert response.json()["media_type"] == "application/x-ndjson"


@pytest.mark.parametrize(
    ("content", "headers", "status", "slug"),
    [
        (b"", {}, 422, "unreadable-file"),
        (gzip.compress(letters_file(range(9000)))[:-9], {"Content_Encoding": "gzip"}, 422, "unreadable-file"),
        (b"not gzip", {"Content_Encoding": "gzip"}, 422, "unreadable-file"),
        (gzip.compress(letters_file(range(9))), {}, 422, "unreadable-file"),
        (gzip.compress(b"0" * 50_000_000), {"Content_Encoding": "gzip"}, 413, "compressed-too-strongly"),
        (b"{}", {"Content_Encoding": "br"}, 415, "unsupported-media-type"),
        (b"{}", {"Content_Encoding": "gzip", "Content_Type": "application/gzip"}, 415, "unsupported-media-type"),
        (b"{}", {"Content_Type": "application/json"}, 415, "unsupported-media-type"),
        (b"{}", {"Content_Type": "application/x-ndjson; charset=big5"}, 415, "unsupported-media-type"),
        (b"{}", {"Content_Type": "multipart/form-data; boundary=x"}, 415, "unsupported-media-type"),
    ],
    ids=[
        "an empty file",
        "truncated gzip",
        "plain text declared as gzip",
        "undeclared gzip",
        "a gzip bomb",
        "brotli",
        "gzip declared twice",
        "JSON",
        "another charset",
        "a form",
    ],
)
def test_an_unacceptable_file_is_refused_and_nothing_is_stored(
    carrier: Client, database: Database, content: bytes, headers: dict[str, str], status: int, slug: str
) -> None:
    before = stored(database)
    response = carrier.send(content, **headers)
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == f"/problems/{slug}"
    assert stored(database) == before


def test_a_file_that_is_too_large_is_refused_and_nothing_is_stored(
    carrier: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored(database)
    monkeypatch.setenv("ANNING_IMPORT_MAX_BYTES", "1000")
    content = letters_file(range(500))
    for response in (carrier.send(content), carrier.send(gzip.compress(content), Content_Encoding="gzip")):
        assert response.status_code == 413
        assert response.json()["type"] == "/problems/payload-too-large"
    assert stored(database) == before


def test_a_csv_file_with_a_wrong_header_is_refused_and_nothing_is_stored(carrier: Client, database: Database) -> None:
    before = stored(database)
    response = carrier.send_streets(b"code,colour\na,red\n")
    assert response.status_code == 422
    problem = response.json()
    assert problem["type"] == "/problems/wrong-header"
    assert (problem["missing"], problem["unknown"]) == (["name"], ["colour"])
    assert stored(database) == before


def test_every_bad_line_is_reported_with_its_number_and_the_others_are_stored(
    carrier: Client, database: Database
) -> None:
    content = b"\n".join(
        [
            b'{"number": "b2", "text": "one"}',
            b"no json",
            '{"number": "\ufffd"}'.encode(),
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
    path = carrier.create_import(content)
    letters.sweep(database)
    imported = carrier.get_import(path)
    assert (imported["lines"], imported["accepted"], imported["duplicates"], imported["rejected"]) == (10, 2, 1, 7)
    assert carrier.errors(path) == [
        (2, "malformed"),
        (3, "replacement-character"),
        (5, "nul-character"),
        (6, "lone-surrogate"),
        (7, "line-too-long"),
        (8, "invalid"),
        (9, "other-text"),
    ]
    [texts] = rows(database, "SELECT array_agg(text ORDER BY number) FROM letters WHERE number IN ('b2', 'b12')")
    assert texts[0] == ["", "one"]


def test_every_line_of_a_bad_csv_record_is_reported(carrier: Client, database: Database) -> None:
    content = '\ufeffname,code,houses\r\n"大\r\n路",s1,3\r\nb,s2\r\n,s3,1\r\n"c,s4,5\r\nd,s5,many\r\ne,s6,\r\n'.encode()
    response = carrier.send_streets(content)
    letters.sweep(database)
    imported = carrier.get_import(response.headers["Location"])
    assert imported["state"] == "finished"
    assert (imported["lines"], imported["accepted"], imported["rejected"]) == (7, 1, 6)
    assert carrier.errors(response.headers["Location"]) == [
        (2, "unclosed-quote"),
        (3, "stray-quote"),
        (4, "columns"),
        (5, "invalid"),
        (6, "unclosed-quote"),
        (7, "invalid"),
    ]
    found = rows(database, "SELECT code, name, houses, sender FROM streets ORDER BY code")
    assert [tuple(row) for row in found] == [("s6", "e", None, "CMCC")]


def test_an_error_states_the_column_the_value_and_the_last_line_of_a_span(carrier: Client, database: Database) -> None:
    response = carrier.send_streets('code,name,houses\ns1,"大\n路",3\ns2,b,many\n'.encode())
    letters.sweep(database)
    errors = carrier.api.get(f"{response.headers['Location']}/errors", headers=carrier.headers).json()["items"]
    assert [(each["line"], each["last_line"], each["column"], each["value"]) for each in errors] == [
        (2, 3, "name", '"大'),
        (3, None, "code", '路"'),
        (4, None, "houses", "many"),
    ]
    assert errors[0]["detail"].startswith("lines 2 to 3: ")


def test_the_same_bytes_in_another_charset_are_another_upload(carrier: Client) -> None:
    content = letters_file(["charset1"])
    first = carrier.send(content, Idempotency_Key="charset")
    other = carrier.send(content, Idempotency_Key="charset", Content_Type="application/x-ndjson; charset=gbk")
    again = carrier.send(content, Idempotency_Key="charset", Content_Type="application/x-ndjson; charset=UTF-8")
    assert (first.status_code, again.json()) == (202, first.json())
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


def test_the_import_of_a_file_without_lines_is_finished(carrier: Client, database: Database) -> None:
    response = carrier.send_streets(b"code,name\n\n")
    letters.sweep(database)
    imported = carrier.get_import(response.headers["Location"])
    assert (imported["state"], imported["lines"], imported["lines_read"]) == ("finished", 0, 0)


def test_a_second_import_of_the_same_file_adds_nothing(carrier: Client, database: Database) -> None:
    content = letters_file(["twice1", "twice2", "twice1"])
    first, second = carrier.create_import(content), carrier.create_import(content)
    letters.sweep(database)
    once, twice = carrier.get_import(first), carrier.get_import(second)
    assert once["digest"] == twice["digest"]
    assert (once["accepted"], once["duplicates"]) == (2, 1)
    assert (twice["accepted"], twice["duplicates"]) == (0, 3)


def test_an_upload_repeated_with_its_idempotency_key_is_one_import(carrier: Client, database: Database) -> None:
    content = letters_file(["key1"])
    first = carrier.send(content, Idempotency_Key="k1")
    before = stored(database)
    repeated = carrier.send(gzip.compress(content), Idempotency_Key="k1", Content_Encoding="gzip")
    assert (repeated.status_code, repeated.json(), repeated.headers["Location"]) == (
        202,
        first.json(),
        first.headers["Location"],
    )
    assert repeated.headers["Idempotency-Replayed"] == "true"
    other = carrier.send(letters_file(["key2"]), Idempotency_Key="k1")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert stored(database) == before


def test_an_upload_that_the_last_release_has_received_is_recognised(carrier: Client, database: Database) -> None:
    content = letters_file(["of the last release"])
    first = carrier.send(content, Idempotency_Key="of-the-last-release")
    plain = hashlib.sha256(b"/v1/letter-imports\napplication/x-ndjson\n" + hashlib.sha256(content).digest()).digest()
    [[fingerprint]] = rows(database, "SELECT fingerprint FROM idempotency_keys WHERE key = 'of-the-last-release'")
    assert fingerprint != plain
    with database.begin() as tx:
        old = "UPDATE idempotency_keys SET fingerprint = :fingerprint, body = :body, sealed = false WHERE key = :key"
        found = {"fingerprint": plain, "body": first.content, "key": "of-the-last-release"}
        tx.execute(sa.text(old), found)
    again = carrier.send(content, Idempotency_Key="of-the-last-release")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    other = carrier.send(letters_file(["another"]), Idempotency_Key="of-the-last-release")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


def stored_digest(database: Database, path: str) -> bytes:
    """What is stored as the digest of an import."""
    [[digest]] = rows(database, f"SELECT digest FROM imports WHERE id = '{path.rpartition('/')[2]}'")
    return bytes(digest)


def test_the_digest_of_a_file_of_personal_data_is_stored_encrypted_also_that_of_the_last_release(
    carrier: Client, database: Database
) -> None:
    content, streets = letters_file(["digest"]), b"code,name,houses\n"
    path, of_streets = carrier.create_import(content), carrier.send_streets(streets).headers["Location"]
    digest = hashlib.sha256(content).digest()
    assert digest not in stored_digest(database, path)
    with database.begin() as tx:
        old = sa.text("UPDATE imports SET digest = :digest WHERE id = :id")
        tx.execute(old, {"digest": digest, "id": path.rpartition("/")[2]})
    for sealed in (1, 0):
        assert carrier.get_import(path)["digest"] == digest.hex()
        with database.begin() as tx:
            assert seal_digests(letters.IMPORTER).run(tx, Slice(100)) == sealed
    assert carrier.get_import(path)["digest"] == digest.hex()
    assert digest not in stored_digest(database, path)
    assert stored_digest(database, of_streets) == hashlib.sha256(streets).digest()


def test_an_import_is_visible_to_its_organisation_and_to_national_staff(
    carrier: Client, other_carrier: Client, staff: Client, issuer: Issuer
) -> None:
    path = carrier.create_import(letters_file(["seen"]))
    own = carrier.get_import(path)
    assert None not in (own["digest"], own["accepted"], own["duplicates"], own["rejected"])
    # What became of personal data is shown to those who sent it.
    assert staff.get_import(path) == own | dict.fromkeys(("digest", "accepted", "duplicates", "rejected"))
    assert staff.api.get(f"{path}/errors", headers=staff.headers).status_code == 403
    for hidden in (path, f"{path}/errors"):
        assert other_carrier.api.get(hidden, headers=other_carrier.headers).status_code == 404
    assert other_carrier.resume(path).status_code == 404
    # It is found under its own path only.
    elsewhere = path.replace("letter", "street")
    assert carrier.api.get(elsewhere, headers=carrier.headers).status_code == 404
    listed = [item["id"] for item in staff.api.get("/letter-imports", headers=staff.headers).json()["items"]]
    assert path.rpartition("/")[2] in listed
    provincial_staff = Client(carrier.api, issuer.bearer("letters:send", org="regulator:CA-44"))
    for other in (other_carrier, provincial_staff):
        assert other.api.get(path, headers=other.headers).status_code == 404
        theirs = other.api.get("/letter-imports", headers=other.headers).json()["items"]
        assert path.rpartition("/")[2] not in [item["id"] for item in theirs]


def test_imports_are_listed_in_pages_newest_first(other_carrier: Client) -> None:
    paths = [other_carrier.create_import(letters_file([f"page{number}"])) for number in range(5)]
    found = []
    following = "/letter-imports?page_size=2"
    while following:
        response = other_carrier.api.get(following, headers=other_carrier.headers)
        found += [f"/v1/letter-imports/{item['id']}" for item in response.json()["items"]]
        following = response.links["next"]["url"] if "next" in response.links else ""
    assert found[:5] == paths[::-1]


def test_an_upload_requires_the_scope(carrier: Client, issuer: Issuer) -> None:
    other = Client(carrier.api, issuer.bearer("streets:send"))
    assert other.send(b"{}").status_code == 403
    assert Client(carrier.api, {}).send(b"{}").status_code == 401


def test_the_content_of_a_waiting_chunk_is_encrypted_in_the_database(carrier: Client, database: Database) -> None:
    path = carrier.create_import(letters_file(["13800138000"]))
    import_id = path.rpartition("/")[2]
    statement = "SELECT content FROM import_chunks WHERE import_id = cast(:id AS uuid)"
    [row] = rows(database, statement, id=import_id)
    assert b"13800138000" not in row.content
    letters.sweep(database)
    [row] = rows(database, statement, id=import_id)
    assert row.content is None


@pytest.fixture
def served(app: FastAPI) -> Iterator[tuple[str, int]]:
    """The API on a real socket: host and port."""
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


def test_an_aborted_upload_stores_nothing_and_holds_no_connection(
    served: tuple[str, int], issuer: Issuer, database: Database
) -> None:
    before = stored(database)
    head = [
        "POST /v1/letter-imports HTTP/1.1",
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
        response = b"".join(iter(lambda: connection.recv(65536), b""))
    assert response.startswith(b"HTTP/1.1 202")
    assert stored(database) == before + 2


def test_the_routes_are_documented_with_their_media_types_and_problems(app: FastAPI) -> None:
    paths = app.state.document["paths"]
    create = paths["/v1/letter-imports"]["post"]
    assert create["operationId"] == "create_letter_import"
    # Client generators support one media type for files; the description names the others.
    assert set(create["requestBody"]["content"]) == {"application/octet-stream"}
    for each in ("application/x-ndjson", "application/jsonl", "application/gzip", "application/x-gzip"):
        assert each in create["description"]
    assert {"202", "400", "401", "403", "409", "413", "415", "422", "503"} <= set(create["responses"])
    refusals = json.dumps(create["responses"]["422"])
    assert "unreadable-file" in refusals
    assert "idempotency-key-reused" in refusals
    assert "/v1/letter-imports/{id}/resumption" in paths
    operations = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert len(operations) == len(set(operations))
