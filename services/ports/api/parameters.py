"""Parameters of requests that several routes have."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator

from contracts.numbers import as_searched

NumberInQuery = Annotated[
    str | None, Query(description="exactly this number, in any spelling"), AfterValidator(as_searched)
]
NumberInPath = Annotated[str, Path(description="in any spelling"), AfterValidator(as_searched)]
