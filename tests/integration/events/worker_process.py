"""A worker in its own process, for tests that kill it: worker_process URL PREFIX; the environment names the broker."""

from __future__ import annotations

import os
import sys
import threading

from chassis.broker import Broker
from tests.integration.events.depot import Depot

if __name__ == "__main__":
    url, prefix = sys.argv[1:]
    with Depot(url, Broker.of(os.environ), prefix).worker(ready=False):
        threading.Event().wait()
