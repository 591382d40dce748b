"""A worker in its own process, for tests that kill it: worker_process URL BOOTSTRAP PREFIX."""

from __future__ import annotations

import sys
import threading

from tests.integration.events.depot import Depot

if __name__ == "__main__":
    url, bootstrap, prefix = sys.argv[1:]
    with Depot(url, bootstrap, prefix).worker(ready=False):
        threading.Event().wait()
