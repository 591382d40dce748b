"""A small scenario: made-up enterprises, messages written for this project, and the truth about them."""

from sandbox.scenario.files import write
from sandbox.scenario.generate import Scenario, generate

__all__ = ["Scenario", "generate", "write"]
