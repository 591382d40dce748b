"""The data of the last release."""

from __future__ import annotations

import pytest

from tests.upgrade.release import Release


@pytest.fixture(scope="session")
def release() -> Release:
    """The last release, from which the current code upgrades."""
    return Release.newest()
