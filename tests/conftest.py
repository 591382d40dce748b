"""Fixtures that every test may use."""

pytest_plugins = ["tests.parts.fixtures", "tests.integration.http.serving"]
