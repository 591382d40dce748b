"""Versions as entity tags (RFC 9110): If-Match is required where an act depends on the state that was read."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header

from chassis.http.problems import Malformed, PreconditionFailed, PreconditionRequired

SCHEMA = {"type": "string", "pattern": r'^(\*|(W/)?"[\x21\x23-\x7e]*"(, *(W/)?"[\x21\x23-\x7e]*")*)$'}
"""The syntax of If-Match, for the API's description."""

_TAG = re.compile(r'\s*((?:W/)?"[\x21\x23-\x7e]*")\s*(?:,|$)')


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


class Precondition:
    """The content of If-Match: the versions that the caller accepts; `*` accepts any."""

    def __init__(self, tags: frozenset[str] | None) -> None:
        self._tags = tags

    def check(self, version: int) -> None:
        """Raises PreconditionFailed unless If-Match names this version.

        A weak tag matches no version (RFC 9110, 13.1.1: the comparison is strong).
        """
        if self._tags is not None and etag(version) not in self._tags:
            raise PreconditionFailed(f"The current version is {etag(version)}.")


def required_precondition(
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", description="the ETag of the resource as it was read, or `*`", examples=['"3"']),
    ] = None,
) -> Precondition:
    """The precondition of a request. Raises PreconditionRequired where it is missing."""
    if if_match is None:
        raise PreconditionRequired
    if if_match.strip() == "*":
        return Precondition(None)
    tags: set[str] = set()
    position = 0
    while position < len(if_match):
        match = _TAG.match(if_match, position)
        if match is None:
            raise Malformed('If-Match is a list of entity tags in quotation marks, such as "3".')
        tags.add(match[1])
        position = match.end()
    if not tags:
        raise Malformed("If-Match is empty.")
    return Precondition(frozenset(tags))


IfMatch = Annotated[Precondition, Depends(required_precondition)]
"""For routes that require If-Match: `if_match: IfMatch`, then `if_match.check(order.version)` on the locked row."""
