"""Rows are mapped by name: a field without a column, or a column without an attribute, fails here."""

from __future__ import annotations

from dataclasses import fields
from inspect import getmembers

import msgspec
import sqlalchemy as sa

from contracts.complaints import Attribution
from services.complaints.model import Assessment, Complaint, Reveal
from services.complaints.store.complaints import NewComplaint
from services.complaints.store.tables import ASSESSMENTS, COMPLAINTS, REVEALS

CURRENT_ASSESSMENT = {"kind", "carrier", "industry", "category", "assessed_at"}
"""The columns of `complaints` that the first assessment fills in."""
IDENTIFIED_BY_FINGERPRINT = {"fingerprint"}
"""What a new complaint has beside its columns."""

OF_RELEASE_0_1 = {"receipt", "text", "sender_raw"}


def columns(table: sa.Table) -> set[str]:
    return {str(column.name) for column in table.columns}


def attributes(kind: type) -> set[str]:
    """The fields and properties of a dataclass."""
    properties = {name for name, value in getmembers(kind) if isinstance(value, property)}
    return {each.name for each in fields(kind)} | properties


def test_every_column_of_a_new_complaint_is_an_attribute() -> None:
    assert columns(COMPLAINTS) - CURRENT_ASSESSMENT - OF_RELEASE_0_1 == attributes(
        NewComplaint
    ) - IDENTIFIED_BY_FINGERPRINT - {"key"}


def test_a_complaint_has_the_columns_of_its_current_assessment() -> None:
    assert attributes(Complaint) >= CURRENT_ASSESSMENT


def test_every_field_of_a_complaint_is_a_column_or_computed_from_columns() -> None:
    computed = {"sender", "complainant", "complainant_also", "assessment", "recorded"}
    assert {each.name for each in fields(Complaint)} - computed <= columns(COMPLAINTS)


def test_every_field_of_an_assessment_is_a_column() -> None:
    names = {each.name for kind in (Assessment, Attribution) for each in msgspec.structs.fields(kind)}
    assert names - {"attribution"} | {"complaint_id", "version"} == columns(ASSESSMENTS)


def test_every_field_of_a_reveal_is_a_column() -> None:
    assert {each.name for each in fields(Reveal)} - {"stored_version"} == columns(REVEALS)
