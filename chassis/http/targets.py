"""The target of a route that acts on one aggregate: `/orders/{id}/execution` with If-Match."""

# No `from __future__ import annotations`: FastAPI cannot resolve the annotations of a nested function as strings.

from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends

from chassis.http.auth import Caller, requires, requires_person
from chassis.http.preconditions import IfMatch
from chassis.target import Target

V = TypeVar("V")


def target(scope: str, visibility: Callable[[Caller], V]) -> Any:
    """The dependency of such a route: `OrderTarget = Annotated[Target[Visibility], target(ACT_ON_ORDERS, of_carrier)]`.

    The route has the path parameter `id`, requires `scope` and If-Match. `visibility` returns what the caller may see,
    or raises Forbidden where the caller may not act at all.
    """
    return _addressed_by(requires(scope), visibility)


def target_of_person(scope: str, visibility: Callable[[Caller], V]) -> Any:
    """The same for what a person decides who has just authenticated."""
    return _addressed_by(requires_person(scope), visibility)


def _addressed_by(required: Any, visibility: Callable[[Caller], V]) -> Any:
    # Async, though it does not wait: a sync dependency would cost a change of threads.
    async def addressed(id: UUID, if_match: IfMatch, caller: Annotated[Caller, required]) -> Target[V]:
        return Target(id, visibility(caller), caller, if_match.check)

    return Depends(addressed)
