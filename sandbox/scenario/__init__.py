"""Scenarios, a small one and a year: made-up enterprises, messages written for this project, and the truth about
them."""

from sandbox.scenario import year
from sandbox.scenario.files import write
from sandbox.scenario.generate import generate
from sandbox.scenario.records import Scenario

__all__ = ["Scenario", "generate", "write", "year"]
