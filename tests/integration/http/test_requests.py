"""An invalid request is refused with a problem and never causes a server error."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.integration.http.issuer import Issuer

Headers = dict[str, str]
JSON = {"Content-Type": "application/json"}


def problem(response: object) -> tuple[int, str]:
    """Status and type; the response must be a complete problem."""
    assert hasattr(response, "json")
    assert response.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    body = response.json()
    assert body["title"]
    assert body["instance"] == "urn:uuid:" + response.headers["x-request-id"]  # type: ignore[attr-defined]
    return body["status"], body["type"].removeprefix("/problems/")


MALFORMED = {
    "not JSON": b"{",
    "two values": b"{} {}",
    "a trailing comma": b'{"road": "a", "grams": 1,}',
    "single quotes": b"{'road': 'a'}",
    "not UTF-8": '{"road": "é", "grams": 1}'.encode("latin-1"),
    "GBK": '{"road": "北京", "grams": 1}'.encode("gbk"),
    "UTF-16": '{"road": "a", "grams": 1}'.encode("utf-16"),
    "two byte order marks": b'\xef\xbb\xbf\xef\xbb\xbf{"road": "a", "grams": 1}',
    "a byte order mark that is not at the start": b'{"road": "a", "grams": \xef\xbb\xbf1}',
    "a NUL character": b'{"road": "a\\u0000b", "grams": 1}',
    "a NUL character in a name": b'{"road": "a", "grams": 1, "x\\u0000": 1}',
    "a raw NUL byte": b'{"road": "a\x00b", "grams": 1}',
    "a lone surrogate": b'{"road": "\\ud800", "grams": 1}',
    "a surrogate in UTF-8": b'{"road": "\xed\xa0\x80", "grams": 1}',
    "NaN": b'{"road": "a", "grams": NaN}',
    "infinity": b'{"road": "a", "grams": -Infinity}',
    "a number that is too long": b'{"road": "a", "grams": ' + b"9" * 5_000 + b"}",
    "a float that is too large": b'{"road": "a", "grams": 1e999}',
    "nesting that is too deep": b'{"road": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "nesting that is not closed": b"[" * 100_000,
}


@pytest.mark.parametrize("fault", MALFORMED)
def test_a_malformed_body_is_refused(api: TestClient, sender: Headers, fault: str) -> None:
    assert problem(api.post("/parcels", content=MALFORMED[fault], headers=sender | JSON)) == (400, "malformed")


def test_an_escaped_backslash_before_u0000_is_not_a_nul_character(api: TestClient, sender: Headers) -> None:
    body = json.dumps({"road": "a\\u0000", "grams": 1})
    assert api.post("/parcels", content=body, headers=sender | JSON).status_code == 201


def test_a_byte_order_mark_before_the_body_is_ignored(api: TestClient, sender: Headers) -> None:
    body = b'\xef\xbb\xbf{"road": "a", "grams": 1}'
    answer = api.post("/parcels", content=body, headers=sender | JSON)
    assert (answer.status_code, answer.json()["road"]) == (201, "a")


INVALID = {
    "an empty body": (b"", ""),
    "only a byte order mark": (b"\xef\xbb\xbf", ""),
    "null": (b"null", ""),
    "a list": (b"[]", ""),
    "a missing value": (b'{"road": "a"}', "/grams"),
    "an empty road": (b'{"road": "", "grams": 1}', "/road"),
    "a wrong type": (b'{"road": 7, "grams": 1}', "/road"),
    "a number that is too small": (b'{"road": "a", "grams": 0}', "/grams"),
    "a number that is too large": (b'{"road": "a", "grams": 99999999999999999999999999}', "/grams"),
    "a fraction": (b'{"road": "a", "grams": 1.5}', "/grams"),
    "an unknown member that may be a number": (b'{"road": "a", "grams": 1, "159_87654321": 1}', "/〈号码〉"),
    "a lost character": ('{"road": "a\ufffd", "grams": 1}'.encode(), "/road"),
    "a lost character, escaped": (b'{"road": "a\\ufffD", "grams": 1}', "/road"),
    "a lost character in a name": ('{"road": "a", "grams": 1, "\ufffd": 1}'.encode(), "/\ufffd"),
    "a lost character in a list": ('{"road": "a", "grams": [1, "\ufffd"]}'.encode(), "/grams/1"),
    "an unknown member": (b'{"road": "a", "grams": 1, "a/b~c": 1}', "/a~1b~0c"),
}


@pytest.mark.parametrize("fault", INVALID)
def test_an_invalid_value_is_refused_with_its_pointer(api: TestClient, sender: Headers, fault: str) -> None:
    content, pointer = INVALID[fault]
    response = api.post("/parcels", content=content, headers=sender | JSON)
    assert problem(response) == (422, "validation")
    assert [(each["in"], each["pointer"]) for each in response.json()["errors"]] == [("body", pointer)]
    assert response.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "json", "", None],
)
def test_a_body_of_another_media_type_is_refused(api: TestClient, sender: Headers, content_type: str | None) -> None:
    headers = sender if content_type is None else {**sender, "Content-Type": content_type}
    response = api.post("/parcels", content=b'{"road": "a", "grams": 1}', headers=headers)
    assert problem(response) == (415, "unsupported-media-type")


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", "application/vnd.parcel+json"])
def test_json_with_a_utf8_charset_or_a_json_suffix_is_accepted(
    api: TestClient, sender: Headers, content_type: str
) -> None:
    headers = {**sender, "Content-Type": content_type}
    assert api.post("/parcels", content=b'{"road": "a", "grams": 1}', headers=headers).status_code == 201


def streamed(size: int) -> Iterator[bytes]:
    """A body without a declared length."""
    for _ in range(size // 1024):
        yield b" " * 1024


def test_a_body_with_a_declared_length_above_the_limit_is_not_read(api: TestClient, sender: Headers) -> None:
    response = api.post("/parcels", content=b" " * (256 * 1024 + 1), headers=sender | JSON)
    assert problem(response) == (413, "payload-too-large")


def test_a_streamed_body_is_not_read_beyond_the_limit(api: TestClient, sender: Headers) -> None:
    response = api.post("/parcels", content=streamed(512 * 1024), headers=sender | JSON)
    assert problem(response) == (413, "payload-too-large")


def test_an_unexpected_body_is_not_read_beyond_the_limit(api: TestClient, sender: Headers) -> None:
    parcel = api.post("/parcels", json={"road": "a", "grams": 1}, headers=sender).json()["id"]
    headers = {**sender, "If-Match": '"1"', "Idempotency-Key": parcel}
    response = api.post(f"/parcels/{parcel}/opening", content=streamed(512 * 1024), headers=headers)
    assert problem(response) == (413, "payload-too-large")


def test_a_body_of_exactly_the_limit_is_accepted(api: TestClient, sender: Headers) -> None:
    body = b'{"road": "a", "grams": 1}'
    response = api.post("/parcels", content=body + b" " * (256 * 1024 - len(body)), headers=sender | JSON)
    assert response.status_code == 201


def test_a_route_for_files_has_its_own_limit_and_types(api: TestClient, sender: Headers) -> None:
    csv = {**sender, "Content-Type": "text/csv"}
    assert api.post("/loads", content=streamed(1024 * 1024), headers=csv).json() == {"bytes": 1024 * 1024}
    assert problem(api.post("/loads", content=streamed(1025 * 1024), headers=csv)) == (413, "payload-too-large")
    assert problem(api.post("/loads", content=b"{}", headers=sender | JSON)) == (415, "unsupported-media-type")


def test_a_request_without_a_token_is_refused_before_its_file_is_read(api: TestClient) -> None:
    response = api.post("/loads", content=streamed(4 * 1024 * 1024), headers={"Content-Type": "text/csv"})
    assert problem(response) == (401, "unauthenticated")


@pytest.mark.parametrize("path", ["/parcels?road=%00", "/parcels?road=%ff", "/parcels/%00", "/parcels/%c3%28", "/%00"])
def test_a_url_with_nul_or_invalid_utf8_is_malformed(api: TestClient, sender: Headers, path: str) -> None:
    assert problem(api.get(path, headers=sender)) == (400, "malformed")


def test_a_url_with_chinese_characters_is_accepted(api: TestClient, sender: Headers) -> None:
    api.post("/parcels", json={"road": "长安街", "grams": 1}, headers=sender)
    listed = api.get("/parcels", params={"road": "长安街"}, headers=sender).json()
    assert [item["road"] for item in listed["items"]] == ["长安街"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("color=red", "/color"),
        ("15987654321=1", "/〈号码〉"),
        ("page_size=0", "/page_size"),
        ("page_size=501", "/page_size"),
        ("page_size=many", "/page_size"),
        ("page_size=" + "9" * 5000, "/page_size"),
        ("page_token=%E4%BD%A0", "/page_token"),
        ("road=" + "x" * 41, "/road"),
    ],
)
def test_an_invalid_or_unknown_query_parameter_is_refused(
    api: TestClient, sender: Headers, query: str, pointer: str
) -> None:
    response = api.get(f"/parcels?{query}", headers=sender)
    assert problem(response) == (422, "validation")
    assert [(each["in"], each["pointer"]) for each in response.json()["errors"]] == [("query", pointer)]


@pytest.mark.parametrize("parcel", ["7", "not-a-uuid", "%F0%9F%93%A6"])
def test_an_invalid_path_parameter_is_refused(api: TestClient, sender: Headers, parcel: str) -> None:
    response = api.get(f"/parcels/{parcel}", headers=sender)
    assert problem(response) == (422, "validation")
    assert response.json()["errors"][0]["in"] == "path"


def test_unknown_paths_and_methods_are_problems(api: TestClient, sender: Headers) -> None:
    missing = api.get("/parcels/01900000-0000-7000-8000-000000000000", headers=sender)
    assert problem(missing) == (404, "not-found")
    assert problem(api.get("/nowhere")) == (404, "not-found")
    assert problem(api.get("/parcels/", headers=sender)) == (404, "not-found")
    wrong = api.delete("/parcels", headers=sender)
    assert problem(wrong) == (405, "method-not-allowed")
    assert wrong.headers["Allow"] == "GET, POST"


def test_every_response_has_the_request_id_of_its_log_line(
    api: TestClient, sender: Headers, caplog: pytest.LogCaptureFixture
) -> None:
    ids = [api.get("/parcels", headers=sender).headers["x-request-id"] for _ in range(2)]
    assert len(set(ids)) == 2
    logged = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [line["request_id"] for line in logged if line["event"] == "request"] == ids


def test_an_internal_error_reveals_no_details(api: TestClient, issuer: Issuer) -> None:
    response = api.post("/statements/bug", headers=issuer.bearer("parcels:send"))
    assert problem(response) == (500, "internal")
    assert set(response.json()) == {"type", "title", "status", "instance"}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/parcels", 200), ("/parcels/no-id", 422), ("/nothing", 404), ("/healthz", 200), ("/docs", 200)],
)
def test_every_response_forbids_caches_and_other_pages_to_use_it(
    api: TestClient, sender: Headers, path: str, status: int
) -> None:
    response = api.get(path, headers=sender)
    assert response.status_code == status
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-frame-options"] == "DENY"
    for directive in ("default-src", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in response.headers["content-security-policy"]
    assert ("'unsafe-inline'" in response.headers["content-security-policy"]) == (path == "/docs")
    assert len(response.headers.get_list("cache-control")) == 1


def test_the_path_of_no_route_is_not_logged_as_a_whole(
    api: TestClient, sender: Headers, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "pQ7vX2mK9sL4tR8wZ1nB"  # as of a receipt
    for path in (f"/receipt/{secret}", f"/{secret}", f"/v1/receipts/{secret}/"):
        assert api.get(path, headers=sender).status_code == 404
    assert secret[:8] not in caplog.text
