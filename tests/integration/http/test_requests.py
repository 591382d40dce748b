"""What is not a request this service takes is refused as a problem, and never as a fault of the service."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.integration.http.issuer import Issuer

Headers = dict[str, str]
JSON = {"Content-Type": "application/json"}


def problem(answer: object) -> tuple[int, str]:
    """Status and type; the answer must be a whole problem."""
    assert hasattr(answer, "json")
    assert answer.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    body = answer.json()
    assert body["title"]
    assert body["instance"] == "urn:uuid:" + answer.headers["x-request-id"]  # type: ignore[attr-defined]
    return body["status"], body["type"].removeprefix("/problems/")


MALFORMED = {
    "no JSON": b"{",
    "two values": b"{} {}",
    "a comma too many": b'{"road": "a", "grams": 1,}',
    "single quotes": b"{'road': 'a'}",
    "not UTF-8": '{"road": "é", "grams": 1}'.encode("latin-1"),
    "GBK": '{"road": "北京", "grams": 1}'.encode("gbk"),
    "UTF-16": '{"road": "a", "grams": 1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"road": "a", "grams": 1}',
    "a NUL character": b'{"road": "a\\u0000b", "grams": 1}',
    "a NUL character in a name": b'{"road": "a", "grams": 1, "x\\u0000": 1}',
    "a raw NUL byte": b'{"road": "a\x00b", "grams": 1}',
    "a lone surrogate": b'{"road": "\\ud800", "grams": 1}',
    "a surrogate in UTF-8": b'{"road": "\xed\xa0\x80", "grams": 1}',
    "NaN": b'{"road": "a", "grams": NaN}',
    "infinity": b'{"road": "a", "grams": -Infinity}',
    "a number without end": b'{"road": "a", "grams": ' + b"9" * 5_000 + b"}",
    "a float without end": b'{"road": "a", "grams": 1e999}',
    "nesting without end": b'{"road": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "nesting without an end": b"[" * 100_000,
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_body_is_malformed_that_is(api: TestClient, sender: Headers, what: str) -> None:
    assert problem(api.post("/parcels", content=MALFORMED[what], headers=sender | JSON)) == (400, "malformed")


def test_a_backslash_before_u0000_is_no_nul_character(api: TestClient, sender: Headers) -> None:
    body = json.dumps({"road": "a\\u0000", "grams": 1})
    assert api.post("/parcels", content=body, headers=sender | JSON).status_code == 201


INVALID = {
    "nothing": (b"", ""),
    "null": (b"null", ""),
    "a list": (b"[]", ""),
    "a missing value": (b'{"road": "a"}', "/grams"),
    "an empty road": (b'{"road": "", "grams": 1}', "/road"),
    "a wrong kind": (b'{"road": 7, "grams": 1}', "/road"),
    "too little": (b'{"road": "a", "grams": 0}', "/grams"),
    "too much": (b'{"road": "a", "grams": 99999999999999999999999999}', "/grams"),
    "a broken number": (b'{"road": "a", "grams": 1.5}', "/grams"),
    "an unknown member": (b'{"road": "a", "grams": 1, "a/b~c": 1}', "/a~1b~0c"),
}


@pytest.mark.parametrize("what", INVALID)
def test_a_value_is_invalid_and_pointed_at(api: TestClient, sender: Headers, what: str) -> None:
    content, pointer = INVALID[what]
    answer = api.post("/parcels", content=content, headers=sender | JSON)
    assert problem(answer) == (422, "validation")
    assert [(each["in"], each["pointer"]) for each in answer.json()["errors"]] == [("body", pointer)]
    assert answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "json", "", None],
)
def test_a_body_of_another_type_is_not_taken(api: TestClient, sender: Headers, content_type: str | None) -> None:
    headers = sender if content_type is None else {**sender, "Content-Type": content_type}
    answer = api.post("/parcels", content=b'{"road": "a", "grams": 1}', headers=headers)
    assert problem(answer) == (415, "unsupported-media-type")


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", "application/vnd.parcel+json"])
def test_json_may_say_that_it_is_utf8_or_what_it_tells_of(api: TestClient, sender: Headers, content_type: str) -> None:
    headers = {**sender, "Content-Type": content_type}
    assert api.post("/parcels", content=b'{"road": "a", "grams": 1}', headers=headers).status_code == 201


def drops(size: int) -> Iterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(size // 1024):
        yield b" " * 1024


def test_a_body_that_says_it_is_too_large_is_not_read(api: TestClient, sender: Headers) -> None:
    answer = api.post("/parcels", content=b" " * (256 * 1024 + 1), headers=sender | JSON)
    assert problem(answer) == (413, "payload-too-large")


def test_a_body_that_grows_too_large_is_not_read_to_its_end(api: TestClient, sender: Headers) -> None:
    answer = api.post("/parcels", content=drops(512 * 1024), headers=sender | JSON)
    assert problem(answer) == (413, "payload-too-large")


def test_a_body_that_nobody_asked_for_is_not_read_without_end_either(api: TestClient, sender: Headers) -> None:
    parcel = api.post("/parcels", json={"road": "a", "grams": 1}, headers=sender).json()["id"]
    headers = {**sender, "If-Match": '"1"', "Idempotency-Key": parcel}
    answer = api.post(f"/parcels/{parcel}/opening", content=drops(512 * 1024), headers=headers)
    assert problem(answer) == (413, "payload-too-large")


def test_a_body_of_just_the_limit_is_read(api: TestClient, sender: Headers) -> None:
    body = b'{"road": "a", "grams": 1}'
    answer = api.post("/parcels", content=body + b" " * (256 * 1024 - len(body)), headers=sender | JSON)
    assert answer.status_code == 201


def test_a_route_for_files_has_its_own_limit_and_types(api: TestClient, sender: Headers) -> None:
    csv = {**sender, "Content-Type": "text/csv"}
    assert api.post("/loads", content=drops(1024 * 1024), headers=csv).json() == {"bytes": 1024 * 1024}
    assert problem(api.post("/loads", content=drops(1025 * 1024), headers=csv)) == (413, "payload-too-large")
    assert problem(api.post("/loads", content=b"{}", headers=sender | JSON)) == (415, "unsupported-media-type")


def test_a_caller_without_a_token_learns_that_before_its_file_is_read(api: TestClient) -> None:
    answer = api.post("/loads", content=drops(4 * 1024 * 1024), headers={"Content-Type": "text/csv"})
    assert problem(answer) == (401, "unauthenticated")


@pytest.mark.parametrize("path", ["/parcels?road=%00", "/parcels?road=%ff", "/parcels/%00", "/parcels/%c3%28", "/%00"])
def test_an_address_is_malformed_that_no_text_can_have(api: TestClient, sender: Headers, path: str) -> None:
    assert problem(api.get(path, headers=sender)) == (400, "malformed")


def test_an_address_in_chinese_is_an_address(api: TestClient, sender: Headers) -> None:
    api.post("/parcels", json={"road": "长安街", "grams": 1}, headers=sender)
    listed = api.get("/parcels", params={"road": "长安街"}, headers=sender).json()
    assert [item["road"] for item in listed["items"]] == ["长安街"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("color=red", "/color"),
        ("page_size=0", "/page_size"),
        ("page_size=501", "/page_size"),
        ("page_size=many", "/page_size"),
        ("page_size=" + "9" * 5000, "/page_size"),
        ("page_token=%E4%BD%A0", "/page_token"),
        ("road=" + "x" * 41, "/road"),
    ],
)
def test_a_query_parameter_is_invalid_or_unknown(api: TestClient, sender: Headers, query: str, pointer: str) -> None:
    answer = api.get(f"/parcels?{query}", headers=sender)
    assert problem(answer) == (422, "validation")
    assert [(each["in"], each["pointer"]) for each in answer.json()["errors"]] == [("query", pointer)]


@pytest.mark.parametrize("parcel", ["7", "not-a-uuid", "%F0%9F%93%A6"])
def test_a_part_of_the_path_is_invalid(api: TestClient, sender: Headers, parcel: str) -> None:
    answer = api.get(f"/parcels/{parcel}", headers=sender)
    assert problem(answer) == (422, "validation")
    assert answer.json()["errors"][0]["in"] == "path"


def test_what_is_not_there_and_what_cannot_be_done_are_problems(api: TestClient, sender: Headers) -> None:
    missing = api.get("/parcels/01900000-0000-7000-8000-000000000000", headers=sender)
    assert problem(missing) == (404, "not-found")
    assert problem(api.get("/nowhere")) == (404, "not-found")
    assert problem(api.get("/parcels/", headers=sender)) == (404, "not-found")
    wrong = api.delete("/parcels", headers=sender)
    assert problem(wrong) == (405, "method-not-allowed")
    assert wrong.headers["Allow"] == "GET, POST"


def test_every_answer_has_the_id_under_which_it_was_logged(
    api: TestClient, sender: Headers, caplog: pytest.LogCaptureFixture
) -> None:
    ids = [api.get("/parcels", headers=sender).headers["x-request-id"] for _ in range(2)]
    assert len(set(ids)) == 2
    logged = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [line["request_id"] for line in logged if line["event"] == "request"] == ids


def test_a_fault_says_nothing_of_what_it_was(api: TestClient, issuer: Issuer) -> None:
    answer = api.post("/statements/bug", headers=issuer.bearer("parcels:send"))
    assert problem(answer) == (500, "internal")
    assert set(answer.json()) == {"type", "title", "status", "instance"}
