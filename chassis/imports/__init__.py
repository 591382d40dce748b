"""Files of many records: received at once, worked off in parts, each a resource that tells how far it is.

A service declares an `Importer` and takes its router and its sweep.
"""

from chassis.imports.formats import Csv, Ndjson
from chassis.imports.importer import Importer
from chassis.imports.lines import Line, LineError, Outcome
from chassis.imports.resource import Import
from chassis.imports.routes import import_router
from chassis.imports.sweep import import_sweep

__all__ = ["Csv", "Import", "Importer", "Line", "LineError", "Ndjson", "Outcome", "import_router", "import_sweep"]
