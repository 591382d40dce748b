"""The version of this release: that of the distribution, of every API and of the processes that export traces."""

from __future__ import annotations

VERSION = "0.1.0"
