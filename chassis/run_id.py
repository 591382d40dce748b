"""The run id of a process: its starter sets it, `/readyz` repeats it. By it the starter knows that its own process
answers, and not another one at the same port."""

from __future__ import annotations

HEADER = "Run-Id"


def headers(run_id: str | None) -> dict[str, str]:
    """The headers of `/readyz` of a process with this run id (None: it was started without one)."""
    return {} if run_id is None else {HEADER: run_id}
