"""A change of an API that breaks generated clients is found, and allowed only where the change log names it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from anning.openapi.compatibility import Document, breaks
from anning.openapi.documents import refused, unreleased

OPERATION = "parcels POST /parcels/{id}"


def json_content(schema: Document) -> Document:
    return {"content": {"application/json": {"schema": schema}}}


RELEASED: Document = {
    "paths": {
        "/parcels/{id}": {
            "post": {
                "security": [{"bearer": ["parcels:send"]}],
                "parameters": [
                    {"in": "path", "name": "id", "required": True, "schema": {"type": "string", "format": "uuid"}},
                    {"in": "query", "name": "state", "required": False, "schema": {"enum": ["sent", "lost"]}},
                ],
                "requestBody": json_content({"$ref": "#/components/schemas/ParcelIn"}),
                "responses": {
                    "200": json_content({"$ref": "#/components/schemas/Parcel"}),
                    "404": {"description": "not found"},
                },
            },
        },
        "/roads": {"get": {"security": [], "responses": {"200": json_content({"type": "array", "items": {}})}}},
    },
    "components": {
        "schemas": {
            "ParcelIn": {
                "type": "object",
                "required": ["road"],
                "properties": {
                    "road": {"type": "string", "maxLength": 40},
                    "speed": {"enum": ["slow", "fast"]},
                },
            },
            "Parcel": {
                "type": "object",
                "required": ["id", "state"],
                "properties": {
                    "id": {"type": "string"},
                    "state": {"enum": ["sent", "lost"]},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Parcel"}},
                },
            },
        }
    },
}


def changed(change: Callable[[Document, Document, Document], Any]) -> list[str]:
    """The breaks by a change of the operation, of what it takes and of what it returns."""
    document = deepcopy(RELEASED)
    schemas = document["components"]["schemas"]
    change(document["paths"]["/parcels/{id}"]["post"], schemas["ParcelIn"], schemas["Parcel"])
    return [str(each) for each in breaks({"parcels": RELEASED}, {"parcels": document})]


def put(mapping: Document, **values: Any) -> None:
    mapping.update(values)


NEW_PARAMETER = {"in": "query", "name": "road", "schema": {"type": "string"}}

BREAKING = [
    (lambda post, _, __: post["parameters"].pop(), "the query parameter state was removed"),
    (lambda post, _, __: put(post["parameters"][1], required=True), "the query parameter state is newly required"),
    (lambda post, _, __: post["parameters"].append({**NEW_PARAMETER, "required": True}), "road is new and required"),
    (lambda post, _, __: post["parameters"][1]["schema"]["enum"].remove("lost"), "the value 'lost' was removed"),
    (lambda post, _, __: post["parameters"][0]["schema"].pop("format"), "format was 'uuid' and is None"),
    (lambda post, _, __: post.pop("requestBody"), "it takes no body any more"),
    (lambda post, _, __: put(post["requestBody"], required=True), "its body is newly required"),
    (lambda post, _, __: post["requestBody"]["content"].clear(), "body: application/json was removed"),
    (lambda post, _, __: post["responses"].pop("404"), "the response 404 was removed"),
    (lambda post, _, __: post["responses"]["200"]["content"].clear(), "response 200: application/json was removed"),
    (lambda post, _, __: put(post, security=[{"bearer": ["parcels:send", "x"]}]), "it requires the scope x"),
    (lambda _, sent, __: put(sent["properties"], road={"type": "integer", "maxLength": 40}), "body.road: type was"),
    (lambda _, sent, __: put(sent["properties"]["road"], maxLength=20), "body.road: maxLength was 40 and is 20"),
    (lambda _, sent, __: sent["properties"].pop("speed"), "body.speed: it was removed"),
    (lambda _, sent, __: sent["required"].append("speed"), "body.speed: it is newly required"),
    (lambda _, sent, __: sent["properties"]["speed"]["enum"].remove("slow"), "the value 'slow' was removed"),
    (lambda _, __, received: received["properties"].pop("note"), "response 200.note: it was removed"),
    (lambda _, __, received: received["required"].remove("state"), "response 200.state: it may now be missing"),
    (lambda _, __, received: received["properties"]["state"]["enum"].append("found"), "the value 'found' is new"),
    (lambda _, __, received: put(received["properties"], note={"type": "string"}), "response 200.note"),
]


@pytest.mark.parametrize(("change", "sentence"), BREAKING, ids=[sentence for _, sentence in BREAKING])
def test_a_break_is_found(change: Callable[[Document, Document, Document], Any], sentence: str) -> None:
    found = changed(change)
    assert found
    assert all(each.startswith(f"{OPERATION}: ") for each in found)
    assert any(sentence in each for each in found)


COMPATIBLE = [
    lambda post, _, __: post["parameters"].append(NEW_PARAMETER),
    lambda post, _, __: put(post, description="another text", operationId="another"),
    lambda post, _, __: put(post, security=[]),
    lambda post, _, __: post["responses"].update({"409": {"description": "conflict"}}),
    lambda post, _, __: post["parameters"][1]["schema"]["enum"].append("found"),
    lambda _, sent, __: sent["required"].clear(),
    lambda _, sent, __: put(sent["properties"], grams={"type": "integer"}),
    lambda _, sent, __: sent["properties"]["speed"]["enum"].append("very fast"),
    lambda _, __, received: received["required"].append("note"),
    lambda _, __, received: put(received["properties"], grams={"type": "integer"}),
    lambda _, __, received: received["properties"]["state"]["enum"].remove("lost"),
]


@pytest.mark.parametrize("change", COMPATIBLE, ids=range(len(COMPATIBLE)))
def test_an_addition_breaks_nothing(change: Callable[[Document, Document, Document], Any]) -> None:
    assert changed(change) == []


def test_what_is_removed_is_a_break() -> None:
    document = deepcopy(RELEASED)
    del document["paths"]["/roads"]
    assert [str(each) for each in breaks({"parcels": RELEASED}, {"parcels": document})] == [
        "parcels GET /roads: it was removed"
    ]
    assert len(breaks({"parcels": RELEASED}, {})) == 2
    assert breaks({}, {"parcels": RELEASED}) == []


CHANGELOG = """
# Change log

## [Unreleased]

### Changed

- **Breaking:** `parcels GET /roads` is gone.

## [0.1.0] - 2026-11-26

- `parcels POST /parcels/{id}` is new.
"""


def test_before_1_0_a_break_is_allowed_where_the_change_log_names_it_since_the_release() -> None:
    documents: dict[str, Document] = {"parcels": {"paths": {}}}
    named = refused({"parcels": RELEASED}, documents, unreleased(CHANGELOG), "0.2.0")
    assert [each.operation for each in named] == ["parcels POST /parcels/{id}"]
    assert len(refused({"parcels": RELEASED}, documents, unreleased(CHANGELOG), "1.0.0")) == 2
    assert unreleased("# Change log\n") == ""
