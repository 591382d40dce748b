"""Writes a scenario as of now.

python -m sandbox.scenario DIRECTORY [SEED]               some days, with every case
python -m sandbox.scenario year DIRECTORY [SEED] [SCALE]  four quarters in the proportions of the bulletins
"""

from __future__ import annotations

import sys
from pathlib import Path

from chassis import clock
from sandbox import scenario

match sys.argv[1:]:
    case ["year", directory, *rest] if len(rest) <= 2:
        seed = int(rest[0]) if rest else 1
        scale = float(rest[1]) if rest[1:] else scenario.year.SCALE
        scenario.write(scenario.year.generate(clock.now(), seed, scale), Path(directory))
    case [directory, *rest] if directory != "year" and len(rest) <= 1:
        scenario.write(scenario.generate(clock.now(), int(rest[0]) if rest else 1), Path(directory))
    case _:
        sys.exit("usage: python -m sandbox.scenario [year] DIRECTORY [SEED] [SCALE, of a year]")
