"""The version of this release: that of the distribution, of every API and of the processes that export traces."""

from __future__ import annotations

VERSION = "0.1.0"

API_PREFIX = "/v1"
"""The beginning of every path of an API. Health, metrics, keys and pages for people have no version."""
