"""The events that the parcels service consumes, and the command that handles each."""

from __future__ import annotations

from chassis.events.routing import Routing
from examples.parcels.commands import note_arrivals
from examples.parcels.facts import ParcelDelivered

REACTIONS: Routing = {ParcelDelivered: note_arrivals}
