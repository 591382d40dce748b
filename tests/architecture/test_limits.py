"""Every route that takes in something from outside, and every public one, has a limit; so has the token route."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import RouteContext, iter_route_contexts
from fastapi.testclient import TestClient

from anning.services import NAMES, load
from chassis import clock, rules
from chassis.http.auth import is_public
from chassis.http.limits import limit_of
from examples.parcels.policy import delivery_rule
from sandbox import install, issuer
from standalone.system import LOAD

LIMITED = {
    "complaints": {"POST /v1/complaints", "POST /v1/complaint-imports", "GET /v1/receipts/{receipt}"},
    "ports": {"POST /v1/filings", "POST /v1/filing-imports", "POST /v1/enterprise-files", "POST /v1/replies"},
    "referrals": {"POST /v1/conclusion-imports"},
    "credit": {"GET /v1/listed", "POST /v1/enterprise-files", "POST /v1/replies"},
}
"""The routes with a limit, by service."""

every_service = pytest.mark.parametrize("service", NAMES)


def routes(service: str) -> Iterator[tuple[str, RouteContext]]:
    """Every route of a service's API: "POST /v1/filings"."""
    for router in load(service).routers:
        for context in iter_route_contexts(router.routes):
            for method in context.methods or ():
                yield f"{method} {context.path}", context


def scopes(context: RouteContext) -> set[str]:
    """The scopes that a route requires."""
    return {scope for each in context.dependant.dependencies for scope in each.own_oauth_scopes or ()}


def takes_in(name: str, context: RouteContext) -> bool:
    """Whether a route takes in complaints, filings or files from outside, or is open to everybody."""
    filed = name.startswith("POST ") and any(scope.endswith(":file") for scope in scopes(context))
    imported = name.startswith("POST ") and name.endswith("-imports")
    return is_public(context) or (filed and "{" not in name) or imported


@every_service
def test_intake_imports_and_public_routes_have_a_limit(service: str) -> None:
    without = [name for name, each in routes(service) if takes_in(name, each) and limit_of(each.endpoint) is None]
    assert without == []


@every_service
def test_the_routes_with_a_limit_are_known(service: str) -> None:
    assert {name for name, each in routes(service) if limit_of(each.endpoint)} == LIMITED.get(service, set())


@every_service
def test_with_the_pack_for_measurements_no_client_reaches_a_limit(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", tuple(LOAD.split(",")))
    for name, each in routes(service):
        if (limit := limit_of(each.endpoint)) is not None:
            rate = limit.rules.at(limit.rate, clock.now())
            assert rate.per_address / rate.window.total_seconds() > 10_000, name
            assert getattr(rate, "per_client", rate.per_address) >= rate.per_address, name


def test_the_example_of_a_service_has_the_pack_for_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system with this pack in force needs it in the rules of every service."""
    monkeypatch.setattr(rules, "_packs_in_force", tuple(LOAD.split(",")))
    assert delivery_rule(clock.now()).citation.rule == "parcels.delivery"


def test_the_token_route_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_packs_in_force", ("CN-2015", "CN-2026"))
    install.into(tmp_path / "credentials")
    http = TestClient(issuer.create_app(tmp_path / "credentials", "http://issuer.example", "anning"))

    assert http.post("/token").headers["ratelimit-policy"].startswith('"rate.tokens.address";q=')
