"""Files of many records: received at once, worked off in parts, each a resource that tells how far it is.

A service declares an `Importer` and takes its router and its sweep.
"""

from chassis.imports.formats import Csv, Ndjson
from chassis.imports.importer import Importer
from chassis.imports.lines import ImportOutcome, Line, LineError
from chassis.imports.resource import Import
from chassis.imports.routes import import_router
from chassis.imports.sweep import import_sweep

__all__ = ["Csv", "Import", "ImportOutcome", "Importer", "Line", "LineError", "Ndjson", "import_router", "import_sweep"]
