"""Rows that are no aggregates are mapped by name too: a field that is missing on one side fails here."""

from __future__ import annotations

from dataclasses import fields

import msgspec
import pytest
import sqlalchemy as sa

from contracts import ports as facts
from services.ports.model import Listing, PortFiling, ShutdownProposal
from services.ports.policy.evidence import Evidence, RegisterEntry
from services.ports.store import evidence
from services.ports.store.listings import ListedPort
from services.ports.store.tables import EVIDENCE, FILINGS, LISTED_PORTS, LISTINGS, SHUTDOWN_PROPOSALS
from tests.unit.ports.builders import filing


def columns(table: sa.Table) -> set[str]:
    return set(table.columns.keys())


def names(kind: type) -> set[str]:
    return {each.name for each in fields(kind)}


@pytest.mark.parametrize(
    ("kind", "table"), [(Listing, LISTINGS), (ShutdownProposal, SHUTDOWN_PROPOSALS), (ListedPort, LISTED_PORTS)]
)
def test_the_fields_of_a_row_are_its_columns(kind: type, table: sa.Table) -> None:
    assert names(kind) - {"stored_version"} == columns(table)


@pytest.mark.parametrize("kind", [PortFiling, RegisterEntry])
def test_every_field_of_a_filing_has_its_column(kind: type) -> None:
    assert names(kind) - {"covers"} <= columns(FILINGS)


def test_evidence_is_written_to_every_column() -> None:
    assert set(evidence._WRITTEN) == columns(EVIDENCE)
    assert set(evidence._COLUMNS) == {each.name for each in msgspec.structs.fields(Evidence)}


def test_every_published_field_of_a_filing_is_an_attribute() -> None:
    assert all(hasattr(filing(), each.name) for each in msgspec.structs.fields(facts.Filing))
