"""Fixtures that every test may use, and the order in which modules run."""

from __future__ import annotations

from collections import defaultdict

import pytest

pytest_plugins = ["tests.parts.fixtures", "tests.parts.spans", "tests.integration.http.serving"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules whose tests may take longest run first: processes that share the modules then end at the same time."""
    seconds: dict[object, float] = defaultdict(float)
    for item in items:
        if mark := item.get_closest_marker("timeout"):
            seconds[item.path] = max(seconds[item.path], *mark.args)
    items.sort(key=lambda item: -seconds[item.path])
