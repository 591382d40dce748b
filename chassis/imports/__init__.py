"""Files of many records: received at once, worked off in parts, each a resource that tells how far it is.

A service declares an `Importer` and takes its router and its sweep.
"""

from chassis.imports.formats import Csv, Ndjson
from chassis.imports.importer import Importer
from chassis.imports.lines import Line, LineError, Outcome
from chassis.imports.resource import Import

__all__ = ["Csv", "Import", "Importer", "Line", "LineError", "Ndjson", "Outcome"]
