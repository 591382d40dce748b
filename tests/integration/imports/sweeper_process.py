"""Process the imports of the post office until killed: `sweeper_process URL KEYS SECONDS`.

SECONDS is an additional delay per chunk.
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
    """Sweep until the process is killed."""
    privacy.configure(privacy.KeyRing.load(Path(keys)))
    faults.delay_seconds = float(seconds)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    Sweeper(import_sweep(IMPORTER), Database(url, pool=1), stop=threading.Event(), waiter=threading.Event()).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
