"""The migrations make the database that the code expects."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from chassis import migrations
from chassis.database import Database
from chassis.migrations.generation import mechanism_tables
from services.complaints.service import SERVICE
from services.complaints.store.tables import METADATA


def test_the_migrated_tables_equal_those_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, [METADATA, mechanism_tables()]) == []  # type: ignore[arg-type]


def test_migrating_twice_changes_nothing(database: Database, database_url: str) -> None:
    newest = ScriptDirectory(str(SERVICE.migrations)).get_current_head()
    migrations.upgrade(SERVICE, database_url)
    with database.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one() == newest


def test_an_assessed_complaint_without_an_assessment_cannot_be_stored(database: Database) -> None:
    with database.engine.connect() as connection:
        checks = connection.execute(
            sa.text("SELECT conname FROM pg_constraint WHERE conrelid = 'complaints'::regclass AND contype = 'c'")
        ).scalars()
        assert {"ck_complaints_state", "ck_complaints_assessed"} <= set(checks)


def test_complaints_filed_before_the_cap_existed_count_towards_it(new_database: Callable[[str], str]) -> None:
    database = Database(new_database("complaints_before"), pool=1)
    try:
        with database.engine.begin() as connection:
            made = migrations.config(SERVICE)
            made.attributes["connection"] = connection
            command.upgrade(made, "0001")
            connection.execute(
                sa.text(
                    "INSERT INTO complaints (id, channel, external_id, digest, bucket, sender_number, sender_raw,"
                    " complainant_id, number_cipher, sent_at, received_at, filed_at, text, consented, unsubscribed,"
                    " vouched, state, version)"
                    " SELECT gen_random_uuid(), 'app', n::text, '', 0, '1069', '1069', gen_random_uuid(), '', now(),"
                    " now(), now(), 'text', 'no', false, n <= 3, 'filed', 0 FROM generate_series(1, 5) AS n"
                )
            )
            command.upgrade(made, "0002")
            counted = connection.execute(
                sa.text(
                    "SELECT count(*) FROM vouched_complaints v JOIN complaints c ON c.id = v.complaint_id"
                    " AND c.complainant_id = v.complainant_id AND c.received_at = v.received_at AND c.vouched"
                )
            ).scalar_one()
            old = connection.execute(sa.text("SELECT count(*) FROM complaints WHERE surrogate IS NULL")).scalar_one()
        assert (counted, old) == (3, 5)
    finally:
        database.close()
