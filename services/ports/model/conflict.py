"""What a transition raises when the state does not allow it."""

from __future__ import annotations


class ConflictError(Exception):
    """The act does not fit the state: `code` says which rule of the state machine, the text says it to a person."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
