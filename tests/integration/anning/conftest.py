"""The rules in force, without those of demonstrations."""

from __future__ import annotations

import pytest

from chassis import rules


@pytest.fixture(autouse=True)
def _packs() -> None:
    rules.use_packs("CN-2015,CN-2026")
