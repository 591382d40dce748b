"""A relay in its own process, for tests that kill it: relay_process URL PREFIX; the environment names the broker."""

from __future__ import annotations

import os
import sys
import threading

from chassis.broker import Broker
from chassis.database import Database
from chassis.events.relay import Relay
from tests.parcels import service as parcels

if __name__ == "__main__":
    url, prefix = sys.argv[1:]
    never = threading.Event()
    Relay(Database(url), Broker.of(os.environ), parcels.catalogue(prefix), stop=never, waiter=threading.Event()).run()
