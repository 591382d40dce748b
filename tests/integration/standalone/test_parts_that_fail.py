"""After a stop, a kill or a pause PostgreSQL and Kafka have the same port and data, in both backends."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from chassis.events import kafka as clients
from tests.parts.fixtures import kafka_on, postgres_on
from tests.parts.protocols import Kafka, Part, Postgres

BACKENDS = ["embedded", pytest.param("docker", marks=pytest.mark.container)]


@pytest.fixture(scope="module", params=BACKENDS)
def own_postgres(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres_on(request.param, tmp_path_factory.mktemp("postgres")) as part:
        yield part


@pytest.fixture(scope="module", params=BACKENDS)
def own_kafka(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    with kafka_on(request.param, tmp_path_factory.mktemp("kafka")) as part:
        yield part


def stop(part: Part) -> None:
    part.stop()


def kill(part: Part) -> None:
    part.kill()


@pytest.mark.parametrize("interrupt", [stop, kill])
def test_committed_rows_survive_a_restart(own_postgres: Postgres, interrupt: Callable[[Part], None]) -> None:
    url = own_postgres.create_database(f"orders_{interrupt.__name__}")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id")

    interrupt(own_postgres)
    assert not own_postgres.answers()
    own_postgres.start()

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1000,)


@pytest.mark.parametrize("interrupt", [stop, kill])
def test_acknowledged_records_survive_a_restart(own_kafka: Kafka, interrupt: Callable[[Part], None]) -> None:
    topic = f"orders-{interrupt.__name__}"
    with clients.admin(own_kafka.broker()) as admin:
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
    with clients.producer(own_kafka.broker(), "test") as producer:
        for number in range(1000):
            producer.send(topic, str(number).encode())
        producer.flush()

    interrupt(own_kafka)
    assert not own_kafka.answers()
    own_kafka.start()

    read: list[int] = []
    with clients.consumer(own_kafka.broker(), "readers", interrupt.__name__, [topic]) as consumer:
        while len(read) < 1000:
            read += [int(record.value) for records in consumer.poll(500).values() for record in records]
    assert read == list(range(1000))


def test_a_paused_postgres_does_not_answer_until_it_is_resumed(own_postgres: Postgres) -> None:
    with psycopg.connect(own_postgres.url(), options="-c statement_timeout=0") as session:
        own_postgres.pause()
        assert not own_postgres.answers()
        own_postgres.resume()
        assert own_postgres.answers()
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_a_paused_kafka_does_not_answer_until_it_is_resumed(own_kafka: Kafka) -> None:
    own_kafka.pause()
    assert not own_kafka.answers()
    own_kafka.resume()
    assert own_kafka.answers()


def test_a_consumer_does_not_create_a_topic(own_kafka: Kafka) -> None:
    with clients.admin(own_kafka.broker()) as admin:
        with clients.consumer(own_kafka.broker(), "readers", "0", ["misspelt"]) as consumer:
            consumer.poll(500)
        assert "misspelt" not in admin.list_topics()


def test_a_service_cannot_connect_to_the_database_of_another(own_postgres: Postgres) -> None:
    own_postgres.create_database("complaints")
    own_postgres.create_database("ports")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(own_postgres.url("complaints", "ports"))


def test_creating_a_database_again_keeps_its_data_and_password(own_postgres: Postgres) -> None:
    url = own_postgres.create_database("kept")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept ()")
    assert own_postgres.create_database("kept") == url
    with psycopg.connect(url) as connection:
        connection.execute("TABLE kept")
