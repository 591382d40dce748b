"""What is wrong with a value of a request, in the words of the person who sends it.

The validator's own words are for programmers and change with its version, so none of them reaches a client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chassis.hints import meant, shown

UNKNOWN_FAULT: Final = "is not a value that is expected here"

_TIME = "must be a time with its offset, such as 2026-05-06T09:00:00+08:00"
_TEXTS: Final = {
    "missing": "is required",
    "extra_forbidden": "is not known here",
    "string_type": "must be a text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "may have at most {max_length} characters",
    "string_pattern_mismatch": "must have the form {pattern}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "uuid_type": "must be an id (UUID)",
    "uuid_parsing": "must be an id (UUID)",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "may be at most {le}",
    "list_type": "must be a list",
    "too_short": "must have at least {min_length} entries",
    "too_long": "may have at most {max_length} entries",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "timezone_aware": _TIME,
    "none_required": "must be null",
}
"""The sentence for each kind of error that the models of this system can produce; further ones are `UNKNOWN_FAULT`."""

_OWN = frozenset({"out_of_bounds"})
"""Errors that this system's own validators raise, with their own words."""


def fault_of(error: Mapping[str, Any]) -> dict[str, str]:
    """The detail of a validator's error, and the value as it may be shown, where it is a single one."""
    found = {"detail": _detail(error)}
    value = error.get("input")
    if error["type"] != "missing" and isinstance(value, str | int | float) and not isinstance(value, bool):
        found["value"] = shown(str(value))
    return found


def _detail(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    if kind in _OWN:
        return str(error["msg"])
    if kind in ("enum", "literal_error"):
        return _choice(error)
    text = _TEXTS.get(kind, UNKNOWN_FAULT)
    return text.format_map(error.get("ctx", {}))


def _choice(error: Mapping[str, Any]) -> str:
    """The choices as the validator lists them: 'a', 'b' or 'c'."""
    expected = str(error["ctx"]["expected"]).replace("'", "")
    choices = expected.replace(" or ", ", ").split(", ")
    return f"must be {expected}{meant(str(error.get('input')), choices)}"
