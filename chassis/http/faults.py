"""What is wrong with a value of a request, in the words of the person who sends it.

The validator's own words are for programmers and change with its version, so none of them reaches a client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chassis import wrong_fields as expected
from chassis.field_errors import FieldError
from chassis.hints import meant, shown

UNKNOWN_FAULT: Final = "is not a value that is expected here"

_TEXTS: Final = {
    "missing": "is required",
    "extra_forbidden": "is not known here",
    "string_type": f"must be {expected.TEXT}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "may have at most {max_length} characters",
    "int_type": f"must be {expected.WHOLE_NUMBER}",
    "int_parsing": f"must be {expected.WHOLE_NUMBER}",
    "int_from_float": f"must be {expected.WHOLE_NUMBER}",
    "int_parsing_size": "is too large a number",
    "float_type": f"must be {expected.NUMBER}",
    "float_parsing": f"must be {expected.NUMBER}",
    "finite_number": f"must be {expected.NUMBER}",
    "bool_type": f"must be {expected.BOOLEAN}",
    "bool_parsing": f"must be {expected.BOOLEAN}",
    "uuid_type": f"must be {expected.ID}",
    "uuid_parsing": f"must be {expected.ID}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "may be at most {le}",
    "list_type": f"must be {expected.LIST}",
    "too_short": "must have at least {min_length} entries",
    "too_long": "may have at most {max_length} entries",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "datetime_type": f"must be {expected.TIME}",
    "datetime_parsing": f"must be {expected.TIME}",
    "datetime_from_date_parsing": f"must be {expected.TIME}",
    "datetime_object_invalid": f"must be {expected.TIME}",
    "timezone_aware": f"must be {expected.TIME}",
    "none_required": "must be null",
}
"""The sentence for each kind of error that the models of this system can produce; further ones are `UNKNOWN_FAULT`."""

_OWN = frozenset({"out_of_bounds", "blank", "lost", "personal", "credit_code"})
"""Errors that this system's own validators raise, with their own words."""

_FORMS: dict[str, str] = {}


def form(pattern: str, words: str) -> str:
    """Declare what an error states about a value that does not match `pattern`; returns the pattern: `Field(pattern=
    form("^[0-9]{4}Q[1-4]$", "must be a quarter, such as 2026Q4"))`."""
    _FORMS[pattern] = words
    return pattern


def fault_of(error: Mapping[str, Any]) -> dict[str, str]:
    """The detail of a validator's error, and the value as it may be shown, where it is a single one."""
    found = {"detail": _detail(error)}
    value = error.get("input")
    if error["type"] != "missing" and isinstance(value, str | int | float) and not isinstance(value, bool):
        found["value"] = shown(str(value))
    return found


def fault_in_body(error: FieldError) -> dict[str, str]:
    """The place of the field in the body, the detail of its error, and its value as it may be shown."""
    value = {} if error.value is None else {"value": error.value}
    return {"in": "body", "pointer": f"/{error.field}" if error.field else "", "detail": error.detail, **value}


def _detail(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    if kind in _OWN:
        return str(error["msg"])
    if kind == "string_pattern_mismatch":
        return _FORMS.get(error["ctx"]["pattern"], UNKNOWN_FAULT)
    if kind in ("enum", "literal_error"):
        return _choice(error)
    text = _TEXTS.get(kind, UNKNOWN_FAULT)
    return text.format_map(error.get("ctx", {}))


def _choice(error: Mapping[str, Any]) -> str:
    """The choices as the validator lists them: 'a', 'b' or 'c'."""
    expected = str(error["ctx"]["expected"]).replace("'", "")
    choices = expected.replace(" or ", ", ").split(", ")
    return f"must be {expected}{meant(str(error.get('input')), choices)}"
