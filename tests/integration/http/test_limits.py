"""A route with a limit refuses what exceeds the quota of a client, or of an address, and states what is left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from chassis import rules
from tests.integration.http.clients import ApiClient
from tests.integration.http.issuer import Issuer
from tests.integration.http.walking import problem_of

ORDER = {"count": 1}


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", ("few",))


def statuses(responses: Iterator[Response]) -> list[int]:
    return [each.status_code for each in responses]


def buying(api: TestClient, headers: dict[str, str], times: int, body: Any = None) -> Iterator[Response]:
    return (api.post("/stamps", json=body or ORDER, headers=headers) for _ in range(times))


def test_a_client_is_refused_when_its_quota_is_used(api: TestClient, sender: dict[str, str]) -> None:
    *admitted, refused = buying(api, sender, 4)

    assert statuses(iter(admitted)) == [200, 200, 200]
    assert problem_of(refused) == (429, "too-many-requests")
    assert 0 < int(refused.headers["retry-after"]) <= 1_200


def test_responses_state_the_quota_and_what_is_left(api: TestClient, sender: dict[str, str]) -> None:
    answers = list(buying(api, sender, 4))

    assert {each.headers["ratelimit-policy"] for each in answers} == {'"rate.stamps.client";q=3;w=3600'}
    stated = [re.fullmatch(r'"rate\.stamps\.client";r=(\d);t=(\d+)', each.headers["ratelimit"]) for each in answers]
    assert [match and match[1] for match in stated] == ["2", "1", "0", "0"]
    assert all(match and 0 < int(match[2]) <= 3_600 for match in stated)


def test_a_quota_is_of_one_subject_of_one_organisation(api: TestClient, issuer: Issuer, sender: dict[str, str]) -> None:
    list(buying(api, sender, 4))

    for other in ({"sub": "another"}, {"org": "carrier:CUCC"}):
        (answer,) = buying(api, issuer.bearer("parcels:send", **other), 1)
        assert answer.status_code == 200, other


def test_a_quota_is_that_of_the_client_whatever_token_it_has(api: TestClient, issuer: Issuer) -> None:
    tokens = [issuer.bearer("parcels:send", jti=str(number)) for number in range(4)]

    assert statuses(next(buying(api, token, 1)) for token in tokens) == [200, 200, 200, 429]


def test_requests_without_an_accepted_token_count_for_the_address(api: TestClient, sender: dict[str, str]) -> None:
    bad = [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}]

    answers = [next(buying(api, headers, 1)) for headers in bad]

    assert statuses(iter(answers)) == [401, 401, 429]
    assert answers[2].headers["ratelimit-policy"] == '"rate.stamps.address";q=2;w=3600'
    assert statuses(buying(api, sender, 1)) == [200], "a client with a token is not affected"


def test_a_public_route_counts_for_the_address_also_with_a_token(api: TestClient, sender: dict[str, str]) -> None:
    assert statuses(api.get("/clock", headers=headers) for headers in ({}, sender, sender)) == [200, 200, 429]


def test_requests_that_are_refused_for_another_reason_count_too(api: TestClient, sender: dict[str, str]) -> None:
    assert statuses(buying(api, sender, 4, {"count": "many"})) == [422, 422, 422, 429]


def test_the_body_of_a_refused_request_is_not_read(api: TestClient, sender: dict[str, str]) -> None:
    list(buying(api, sender, 3))
    read = []

    def body() -> Iterator[bytes]:
        read.append(True)
        yield b"{not JSON"

    answer = api.post("/stamps", content=body(), headers=sender | {"Content-Type": "application/json"})
    assert answer.status_code == 429


def test_a_route_without_a_limit_states_none(api: TestClient) -> None:
    answer = api.get("/roads")
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("ratelimit")]


def test_an_address_is_the_one_that_a_named_proxy_states(app: FastAPI) -> None:
    app.state.proxies = (ip_network("192.0.2.7"),)
    with ApiClient(app, client=("192.0.2.7", 4711)) as behind:
        first = [behind.get("/clock", headers={"Forwarded": "for=203.0.113.1"}) for _ in range(3)]
        second = behind.get("/clock", headers={"Forwarded": 'for="[2001:db8::1]"'})
        same_site = [behind.get("/clock", headers={"Forwarded": f'for="[2001:db8::{n}]"'}) for n in (2, 3)]
    with ApiClient(app, client=("203.0.113.1", 4711)) as direct:
        forging = direct.get("/clock", headers={"Forwarded": "for=203.0.113.99"})

    assert statuses(iter(first)) == [200, 200, 429]
    assert second.status_code == 200
    assert statuses(iter(same_site)) == [200, 429]
    assert forging.status_code == 429, "the same client, not behind the proxy"


def test_the_rule_in_force_decides(api: TestClient, monkeypatch: pytest.MonkeyPatch, sender: dict[str, str]) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", ("few", "load"))

    *_, last = buying(api, sender, 4)

    assert (last.status_code, last.headers["ratelimit-policy"]) == (200, '"rate.stamps.client";q=100;w=3600')
