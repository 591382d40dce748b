"""Works off the post office's imports until it is killed: `sweeper_process URL KEYS SECONDS`.

It takes SECONDS longer over each chunk than the work takes.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from chassis import privacy
from chassis.database import Database
from chassis.imports import import_sweep
from chassis.sweeper import Sweeper
from tests.integration.imports.letters import IMPORTER, faults


def main(url: str, keys: str, seconds: str) -> None:
    """Sweep for ever."""
    privacy.configure(privacy.KeyRing.load(Path(keys)))
    faults.seconds = float(seconds)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    Sweeper(import_sweep(IMPORTER), Database(url, pool=1), stop=threading.Event(), waiter=threading.Event()).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
