"""The last release."""

from __future__ import annotations

import pytest

from tests.upgrade.release import Release


@pytest.fixture(scope="session")
def release() -> Release:
    """The release that the code takes over from."""
    return Release.newest()
