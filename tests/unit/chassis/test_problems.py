from __future__ import annotations

import json

import psycopg
import pytest
import sqlalchemy as sa
from starlette.exceptions import HTTPException
from starlette.requests import Request

from chassis.database import StaleAggregateError
from chassis.http import problems
from chassis.http.problems import Conflict, Invalid, NotFound, Problem

REQUEST = Request({"type": "http", "headers": []})
CONDITIONAL = Request({"type": "http", "headers": [(b"if-match", b'"1"')]})


def test_every_problem_type_has_a_title_and_a_description() -> None:
    for slug, kind in problems.TYPES.items():
        assert kind.slug == slug
        assert 400 <= kind.status < 600
        assert kind.title
        assert kind.description.endswith(".")


def test_a_problem_is_sent_in_the_format_of_rfc_9457() -> None:
    response = Conflict("The order is executed.", order="o-1").response("01900000-0000-7000-8000-000000000000")
    assert (response.status_code, response.media_type) == (409, "application/problem+json")
    assert json.loads(bytes(response.body)) == {
        "type": "/problems/conflict",
        "title": "The current state does not allow this",
        "status": 409,
        "detail": "The order is executed.",
        "instance": "urn:uuid:01900000-0000-7000-8000-000000000000",
        "order": "o-1",
    }


def test_a_problem_with_unencodable_text_can_be_written() -> None:
    assert Invalid.value("body", "/\ud800", "\x00").response("x").body


def test_two_problem_types_cannot_have_the_same_slug() -> None:
    with pytest.raises(TypeError, match="not-found"):
        type("Lost", (Problem,), {"slug": "not-found", "status": 404, "title": "Lost", "description": "Lost."})
    assert problems.TYPES["not-found"] is NotFound


def test_a_problem_type_needs_its_own_slug() -> None:
    with pytest.raises(TypeError, match="slug"):
        type("Nameless", (Conflict,), {"title": "Nameless"})


def database_error(kind: type[psycopg.Error]) -> sa.exc.DBAPIError:
    return sa.exc.DBAPIError("SELECT 1", {}, kind("secret"))


@pytest.mark.parametrize(
    ("error", "slug"),
    [
        (NotFound(), "not-found"),
        (HTTPException(404), "not-found"),
        (HTTPException(405), "method-not-allowed"),
        (HTTPException(413), "payload-too-large"),
        (HTTPException(418), "internal"),
        (StaleAggregateError(), "conflict"),
        (database_error(psycopg.errors.DeadlockDetected), "busy"),
        (database_error(psycopg.errors.SerializationFailure), "busy"),
        (database_error(psycopg.errors.LockNotAvailable), "busy"),
        (database_error(psycopg.errors.QueryCanceled), "busy"),
        (database_error(psycopg.errors.UniqueViolation), "conflict"),
        (database_error(psycopg.errors.CheckViolation), "internal"),
        (database_error(psycopg.errors.UndefinedTable), "internal"),
        (database_error(psycopg.errors.NumericValueOutOfRange), "validation"),
        (database_error(psycopg.errors.CharacterNotInRepertoire), "validation"),
        (database_error(psycopg.DataError), "validation"),
        (database_error(psycopg.errors.DivisionByZero), "internal"),
        (database_error(psycopg.errors.AdminShutdown), "database-unavailable"),
        (database_error(psycopg.errors.DiskFull), "database-unavailable"),
        (database_error(psycopg.OperationalError), "database-unavailable"),
        (psycopg.errors.DeadlockDetected(), "busy"),
        (psycopg.OperationalError(), "database-unavailable"),
        (sa.exc.TimeoutError(), "database-unavailable"),
        (RuntimeError("secret"), "internal"),
    ],
)
def test_every_error_has_one_problem_type_and_reveals_no_secret(error: Exception, slug: str) -> None:
    problem = problems.of(error, REQUEST)
    assert problem.slug == slug
    assert "secret" not in json.dumps(problem.body())


def test_a_stale_version_is_a_failed_precondition_of_a_conditional_request() -> None:
    assert problems.of(StaleAggregateError(), CONDITIONAL).slug == "precondition-failed"
