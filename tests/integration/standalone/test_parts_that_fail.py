"""Stopped, killed or paused, PostgreSQL and Kafka come back where they were with what they had; in either backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

from tests.parts.fixtures import kafka_on, postgres_on
from tests.parts.protocols import Kafka, Part, Postgres

BACKENDS = ["embedded", pytest.param("docker", marks=pytest.mark.container)]


@pytest.fixture(scope="module", params=BACKENDS)
def a_postgres(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres_on(request.param, tmp_path_factory.mktemp("postgres")) as part:
        yield part


@pytest.fixture(scope="module", params=BACKENDS)
def a_kafka(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    with kafka_on(request.param, tmp_path_factory.mktemp("kafka")) as part:
        yield part


def stopped(part: Part) -> None:
    part.stop()


def killed(part: Part) -> None:
    part.kill()


@pytest.mark.parametrize("broken", [stopped, killed])
def test_what_was_committed_is_there_after_a_start(a_postgres: Postgres, broken: Callable[[Part], None]) -> None:
    url = a_postgres.create_database(f"orders_{broken.__name__}")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id")

    broken(a_postgres)
    assert not a_postgres.answers()
    a_postgres.start()

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1000,)


@pytest.mark.parametrize("broken", [stopped, killed])
def test_what_was_acknowledged_is_there_after_a_start(a_kafka: Kafka, broken: Callable[[Part], None]) -> None:
    topic = f"orders-{broken.__name__}"
    with KafkaAdminClient(bootstrap_servers=a_kafka.bootstrap) as admin:
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
    with KafkaProducer(bootstrap_servers=a_kafka.bootstrap, acks="all") as producer:
        for number in range(1000):
            producer.send(topic, str(number).encode())
        producer.flush()

    broken(a_kafka)
    assert not a_kafka.answers()
    a_kafka.start()

    read: list[int] = []
    with KafkaConsumer(topic, bootstrap_servers=a_kafka.bootstrap, auto_offset_reset="earliest") as consumer:
        while len(read) < 1000:
            read += [int(record.value) for records in consumer.poll(500).values() for record in records]
    assert read == list(range(1000))


def test_a_paused_postgres_answers_nobody_until_it_goes_on(a_postgres: Postgres) -> None:
    with psycopg.connect(a_postgres.url(), options="-c statement_timeout=0") as session:
        a_postgres.pause()
        assert not a_postgres.answers()
        a_postgres.resume()
        assert a_postgres.answers()
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_a_paused_kafka_answers_nobody_until_it_goes_on(a_kafka: Kafka) -> None:
    a_kafka.pause()
    assert not a_kafka.answers()
    a_kafka.resume()
    assert a_kafka.answers()


def test_a_topic_is_not_made_by_naming_it(a_kafka: Kafka) -> None:
    with KafkaAdminClient(bootstrap_servers=a_kafka.bootstrap) as admin:
        with KafkaConsumer("misspelt", bootstrap_servers=a_kafka.bootstrap) as consumer:
            consumer.poll(500)
        assert "misspelt" not in admin.list_topics()


def test_a_service_cannot_enter_the_database_of_another(a_postgres: Postgres) -> None:
    a_postgres.create_database("complaints")
    a_postgres.create_database("ports")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(a_postgres.url("complaints", "ports"))


def test_making_a_database_again_keeps_it_and_the_key_to_it(a_postgres: Postgres) -> None:
    url = a_postgres.create_database("kept")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept ()")
    assert a_postgres.create_database("kept") == url
    with psycopg.connect(url) as connection:
        connection.execute("TABLE kept")
