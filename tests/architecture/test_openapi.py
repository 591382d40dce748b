"""The committed OpenAPI documents are current, satisfy linters and generators, and name every breaking change."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from anning.openapi import documents
from anning.openapi.compatibility import Document
from anning.services import NAMES
from chassis.version import VERSION
from contracts.schemas.generation import as_file
from contracts.schemas.publication import published_schemas

STORED = published_schemas(documents.DOCUMENTS)

every_service = pytest.mark.parametrize("service", NAMES)


def operations(service: str) -> Iterator[tuple[str, Document]]:
    """The path and the description of each operation."""
    for path, methods in STORED[service]["paths"].items():
        for operation in methods.values():
            yield path, operation


def test_there_is_a_document_of_every_service() -> None:
    assert set(STORED) == set(NAMES)


@every_service
def test_a_document_is_the_one_of_the_code(service: str) -> None:
    path = documents.DOCUMENTS / f"{service}.json"
    assert path.read_bytes() == as_file(documents.described(service)), "run `make openapi`"


def test_the_change_log_names_every_break_since_the_last_release() -> None:
    changes = documents.unreleased(documents.CHANGELOG.read_text("utf-8"))
    assert documents.refused(published_schemas(documents.RELEASED), STORED, changes, VERSION) == []


@every_service
def test_a_document_states_who_publishes_it_where_it_is_served_and_under_which_licence(service: str) -> None:
    document = STORED[service]
    assert document["info"].keys() >= {"title", "version", "description", "contact", "license"}
    assert document["info"]["license"]["identifier"]
    assert document["info"]["version"] == VERSION
    assert document["servers"]
    assert all(tag["description"] for tag in document["tags"])


@every_service
def test_every_operation_is_described_tagged_and_named_uniquely(service: str) -> None:
    tags = {tag["name"] for tag in STORED[service]["tags"]}
    names = [operation["operationId"] for _, operation in operations(service)]
    assert len(names) == len(set(names))
    for path, operation in operations(service):
        assert operation["summary"], path
        assert operation["description"], path
        assert operation["tags"], path
        assert set(operation["tags"]) <= tags, path
        declared = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path)), path


@every_service
def test_every_operation_states_its_security(service: str) -> None:
    schemes = STORED[service]["components"]["securitySchemes"]
    for path, operation in operations(service):
        assert all(each.keys() <= schemes.keys() for each in operation["security"]), path


@every_service
def test_generators_of_clients_know_the_type_of_every_body(service: str) -> None:
    for path, operation in operations(service):
        if "requestBody" in operation:
            # A generated client could not choose among several.
            assert len(operation["requestBody"]["content"]) == 1, path
            assert operation["requestBody"]["content"].keys() <= {"application/json", "application/octet-stream"}, path
        for response in operation["responses"].values():
            known = [each for each in response.get("content", {}) if re.search(r"^text/|json$|/octet-stream$", each)]
            assert ("content" in response) == bool(known), path
