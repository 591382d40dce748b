"""`python -m sandbox` runs what ANNING_SANDBOX_… configures; see settings.py."""

from __future__ import annotations

import sys

from pydantic import ValidationError

from sandbox.install import NotInstalled
from sandbox.run import serve
from sandbox.settings import SandboxSettings

try:
    serve(SandboxSettings())
except (ValidationError, NotInstalled, ValueError) as error:
    sys.exit(f"sandbox: {error}")
