"""The whole system in containers, started once per module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.containers.engine import Composition


@pytest.fixture(scope="module")
def composition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composition]:
    """The healthy system; it is removed afterwards."""
    composition = Composition(tmp_path_factory.mktemp("credentials"))
    try:
        composition.up()
        yield composition
    finally:
        composition.down()
