"""A relay in its own process, for tests that kill it: relay_process URL BOOTSTRAP PREFIX."""

from __future__ import annotations

import sys
import threading

from chassis.database import Database
from chassis.events.relay import Relay
from tests.parcels import service as parcels

if __name__ == "__main__":
    url, bootstrap, prefix = sys.argv[1:]
    never = threading.Event()
    Relay(Database(url), bootstrap, parcels.catalogue(prefix), stop=never, waiter=threading.Event()).run()
