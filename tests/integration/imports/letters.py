"""A post office that imports files of letters (NDJSON) and of streets (CSV): a service that has only importers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import sqlalchemy as sa

from chassis.database import MECHANISM, Database, Key, Tx, metadata
from chassis.http.auth import Caller
from chassis.ids import new_id
from chassis.imports import Csv, Import, Importer, ImportOutcome, Line, LineError, Ndjson, import_router, import_sweep
from chassis.rates import ImportRate
from chassis.rules import Rulebook
from chassis.sweeper import Slice
from tests.parcels.service import Parcel

METADATA = metadata()
LETTERS = sa.Table(
    "letters",
    METADATA,
    sa.Column("number", Key, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("import_id", sa.Uuid, nullable=False),
    sa.Column("line", sa.Integer, nullable=False),
)
STREETS = sa.Table(
    "streets",
    METADATA,
    sa.Column("code", Key, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("houses", sa.Integer),
    sa.Column("sender", Key, nullable=False),
)


class Letter(msgspec.Struct, forbid_unknown_fields=True):
    """A letter. A letter with a known number must have the same text."""

    number: str
    text: str = ""


class Street(msgspec.Struct):
    """A street of the town."""

    code: str
    name: str
    houses: int | None = None


@dataclass
class Faults:
    """Faults that a test causes in this process."""

    texts: set[str] = field(default_factory=set)
    omits_outcomes: bool = False
    delay_seconds: float = 0


faults = Faults()


def apply_letters(tx: Tx, file: Import, lines: Sequence[Line[Letter]]) -> ImportOutcome:
    """Store each letter once; a known number with another text is an error of its line."""
    accepted = 0
    errors = []
    for line in sorted(lines, key=lambda line: line.record.number):
        letter = line.record
        values = {"number": letter.number, "text": letter.text, "import_id": file.id, "line": line.number}
        known = tx.execute(
            sa.text(
                "INSERT INTO letters (number, text, import_id, line) VALUES (:number, :text, :import_id, :line)"
                " ON CONFLICT (number) DO UPDATE SET text = letters.text RETURNING text, xmax <> 0 AS known"
            ),
            values,
        ).one()
        if not known.known:
            accepted += 1
        elif known.text != letter.text:
            errors.append(LineError(line.number, "other-text", "A letter with this number has another text."))
    if any(line.record.text == "announced" for line in lines):
        parcel = Parcel(id=new_id(), road="post")
        parcel.move(tx.cause)
        tx.publish([parcel])
    time.sleep(faults.delay_seconds)
    for line in lines:
        if line.record.text in faults.texts:
            raise RuntimeError(f"cannot apply {line.record.text!r} of 13800138000")
    if faults.omits_outcomes:
        return ImportOutcome(accepted=accepted)
    return ImportOutcome(accepted, len(lines) - accepted - len(errors), errors)


def apply_streets(tx: Tx, file: Import, lines: Sequence[Line[Street]]) -> ImportOutcome:
    """Store each street once."""
    accepted = 0
    for line in lines:
        street = line.record
        accepted += tx.execute(
            sa.text(
                "INSERT INTO streets (code, name, houses, sender) VALUES (:code, :name, :houses, :sender)"
                " ON CONFLICT DO NOTHING"
            ),
            {"code": street.code, "name": street.name, "houses": street.houses, "sender": file.caller.org},
        ).rowcount
    return ImportOutcome(accepted, len(lines) - accepted)


def is_postmaster(caller: Caller) -> bool:
    """Whether a caller sees the files of all organisations."""
    return caller.organisation == "regulator:MIIT"


IMPORTER = Importer(
    kind="letters", noun="letter import", format=Ndjson(Letter), apply=apply_letters, sees_all=is_postmaster
)
STREET_IMPORTER = Importer(
    kind="streets",
    noun="street import",
    format=Csv(Street),
    apply=apply_streets,
    sees_all=is_postmaster,
    personal=False,
)


RULES = Rulebook(
    """
packs: {CN-2015: of the post office}
rules:
  rate.imports:
    - {pack: CN-2015, legal_source: none, mark: D, parameters: {per_client: 10000, per_address: 10000, window: 1s}}
""",
    [ImportRate],
)


@dataclass(frozen=True)
class PostOffice:
    """The service from which an API is created."""

    name = "post"
    title = "Post office"
    routers = (
        import_router(IMPORTER, "/letter-imports", "letters:send", RULES),
        import_router(STREET_IMPORTER, "/street-imports", "streets:send", RULES),
    )

    def has_persons(self, organisation: str) -> bool:
        return organisation.startswith("regulator:")


def create_tables(database: Database) -> None:
    """Create every table of the post office and of the chassis."""
    with database.engine.begin() as connection:
        MECHANISM.create_all(connection)
        METADATA.create_all(connection)


def sweep_once(database: Database) -> int:
    """Run one transaction of the sweep of each importer; return the number of those that found work."""
    done = 0
    for importer in (IMPORTER, STREET_IMPORTER):
        with database.begin() as tx:
            done += import_sweep(importer).run(tx, Slice(1))
    return done


def sweep(database: Database) -> None:
    """Sweep until nothing is due."""
    while sweep_once(database):
        pass
