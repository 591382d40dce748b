"""`python -m sandbox.scenario DIRECTORY [SEED]` writes the scenario as it looks now."""

from __future__ import annotations

import sys
from pathlib import Path

from chassis import clock
from sandbox import scenario

if len(sys.argv) not in (2, 3):
    sys.exit("usage: python -m sandbox.scenario DIRECTORY [SEED]")
seed = int(sys.argv[2]) if len(sys.argv) == 3 else 1
scenario.write(scenario.generate(clock.now(), seed), Path(sys.argv[1]))
