"""The parcels service: an aggregate that publishes, a reaction that counts arrivals, a projection of the last stops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa

from chassis.aggregate import Aggregate, Cause
from chassis.database import MECHANISM, Database, Key, Tx, metadata
from chassis.event import Event
from chassis.events.envelope import Message
from chassis.events.routing import Projection
from chassis.events.topics import Catalogue, Topic
from chassis.ids import new_id
from chassis.service import Service

TOPIC = "parcels.parcels.v1"
CATALOGUE_TOPICS = {
    TOPIC: Topic(owner="parcels", consumers=("parcels",), key="road", partitions=3, events=(), retention_days=1)
}


class ParcelMoved(Event, frozen=True, kw_only=True):
    """A parcel has reached its next stop."""

    type: ClassVar[str] = "parcel-moved.v1"
    topic: ClassVar[str] = TOPIC
    aggregate: ClassVar[str] = "parcel"

    parcel: UUID
    road: str
    stop: int
    note: str = ""

    @property
    def aggregate_id(self) -> str:
        return str(self.parcel)

    @property
    def key(self) -> str:
        return self.road


@dataclass(kw_only=True)
class Parcel(Aggregate):
    """A parcel that moves along its road."""

    road: str
    stop: int = 0

    def move(self, cause: Cause, note: str = "") -> None:
        """Move to the next stop."""
        self.stop += 1
        self.record(ParcelMoved(parcel=self.id, road=self.road, stop=self.stop, note=note), cause)


METADATA = metadata()
PARCELS = sa.Table(
    "parcels",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("road", Key, nullable=False),
    sa.Column("stop", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)
ARRIVALS = sa.Table(
    "arrivals",
    METADATA,
    sa.Column("sequence", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("parcel", sa.Uuid, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
BOARD = sa.Table(
    "board",
    METADATA,
    sa.Column("parcel", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("stop", sa.Integer, nullable=False),
)

broken_notes: set[str] = set()
"""Notes on which the reaction fails in this process; tests add and remove them."""

BROKEN_ON_THE_BOARD = "broken everywhere"
"""Of these notes, the one on which the projection fails too."""


def send_parcels(tx: Tx, roads: Sequence[str], note: str = "") -> list[Parcel]:
    """Create parcels and move each to its first stop."""
    parcels = [Parcel(id=new_id(), road=road) for road in roads]
    for parcel in parcels:
        parcel.move(tx.cause, note)
    save_new(tx, parcels)
    return parcels


def save_new(tx: Tx, parcels: Sequence[Parcel]) -> None:
    """Insert parcels and publish their recorded events."""
    tx.copy("parcels", ("id", "road", "stop", "version"), [(p.id, p.road, p.stop, p.version) for p in parcels])
    tx.publish(parcels)


def move_parcel(tx: Tx, parcel: UUID, note: str = "") -> int:
    """Move a stored parcel to its next stop; return its new version."""
    row = tx.execute(sa.select(PARCELS).where(PARCELS.c.id == parcel).with_for_update()).one()
    moved = Parcel(id=row.id, version=row.version, road=row.road, stop=row.stop)
    moved.move(tx.cause, note)
    tx.execute(PARCELS.update().where(PARCELS.c.id == parcel).values(stop=moved.stop, version=moved.version))
    tx.publish([moved])
    return moved.version


def count_arrivals(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
    """The reaction: insert one row per event."""
    require_readable(messages)
    tx.execute(
        ARRIVALS.insert(),
        [{"parcel": m.event.parcel, "version": m.version, "note": m.event.note} for m in messages],
    )


def require_readable(messages: Sequence[Message[ParcelMoved]]) -> None:
    """Fail on the notes in `broken_notes`."""
    for message in messages:
        if message.event.note in broken_notes:
            raise RuntimeError(f"cannot read {message.event.note!r}")


def update_board(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
    """The projection: keep the last stop of every parcel."""
    require_readable([message for message in messages if message.event.note == BROKEN_ON_THE_BOARD])
    tx.execute(
        sa.text(
            "INSERT INTO board (parcel, version, stop) VALUES (:parcel, :version, :stop)"
            " ON CONFLICT (parcel) DO UPDATE SET version = excluded.version, stop = excluded.stop"
            " WHERE board.version < excluded.version"
        ),
        [{"parcel": m.event.parcel, "version": m.version, "stop": m.event.stop} for m in messages],
    )


BOARD_PROJECTION = Projection(name="board", handlers={ParcelMoved: update_board}, tables=(BOARD,))
SERVICE = Service(
    name="parcels",
    title="Parcels",
    metadata=METADATA,
    migrations=Path(__file__).parent,
    reactions={ParcelMoved: count_arrivals},
    projections=(BOARD_PROJECTION,),
)


def catalogue(prefix: str) -> Catalogue:
    """The topics of parcels, with the prefix of a test."""
    return Catalogue(CATALOGUE_TOPICS, prefix)


def create_tables(database: Database) -> None:
    """Create every table of the service and of the chassis."""
    with database.engine.begin() as connection:
        MECHANISM.create_all(connection)
        METADATA.create_all(connection)


def rows(database: Database, statement: str, **parameters: Any) -> list[Any]:
    """The rows that a statement returns."""
    with database.read() as read:
        return list(read.execute(sa.text(statement), parameters).all())
