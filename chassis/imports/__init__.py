"""Files of many records: each file is received as a whole and applied in chunks, and is a resource with its progress.

A service declares an `Importer` and adds its `import_router` and its `import_sweep`, and `seal_digests` where the files
contain personal data.
"""

from chassis.imports.digests import seal_digests
from chassis.imports.formats import Csv, Ndjson
from chassis.imports.importer import Importer
from chassis.imports.lines import ImportOutcome, Line, LineError
from chassis.imports.resource import Import
from chassis.imports.routes import import_router
from chassis.imports.seen import Unique
from chassis.imports.sweep import import_sweep

__all__ = [
    "Csv",
    "Import",
    "ImportOutcome",
    "Importer",
    "Line",
    "LineError",
    "Ndjson",
    "Unique",
    "import_router",
    "import_sweep",
    "seal_digests",
]
