"""PostgreSQL and Kafka in containers, with the interface of the embedded ones."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Self

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer

from chassis.roles import DatabaseRole, create_database, owner_of
from standalone import kafka, postgres
from standalone.processes import ProcessFailed, free_port

POSTGRES_IMAGE = "postgres:17"
KAFKA_IMAGE = "apache/kafka:4.3.1"


class KafkaContainer(DockerContainer):
    """A broker that is its own controller. Its port is chosen before the start, because the broker advertises it."""

    def __init__(self, image: str = KAFKA_IMAGE) -> None:
        super().__init__(image)
        self.port = free_port()
        self.host = self.get_docker_client().host()
        self.with_bind_ports(9092, self.port)
        settings = kafka.SETTINGS | {
            "listeners": "PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:9093",
            "advertised.listeners": f"PLAINTEXT://{self.host}:{self.port}",
            "controller.quorum.voters": "1@localhost:9093",
        }
        self.with_envs(**{f"KAFKA_{key.upper().replace('.', '_')}": value for key, value in settings.items()})
        self.with_env("KAFKA_HEAP_OPTS", "-Xmx256m")


class _ContainerPart:
    """A server in a container. The container is created at the first start."""

    def __init__(self, container: DockerContainer, answers: Callable[[], bool]) -> None:
        self._container = container
        self.answers = answers
        self._created = False

    def start(self, timeout: float = 60) -> None:
        if self._created:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
            self._created = True
        deadline = time.monotonic() + timeout
        while not self.answers():
            if time.monotonic() > deadline:
                raise ProcessFailed(f"not ready after {timeout:.0f} s:\n{self._container.get_logs()}")
            time.sleep(0.05)

    def stop(self, timeout: float = 60) -> None:
        self._container.get_wrapped_container().stop(timeout=int(timeout))

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def restart(self, timeout: float = 60) -> None:
        self.stop()
        self.start(timeout)

    def pause(self) -> None:
        self._container.get_wrapped_container().pause()

    def resume(self) -> None:
        container = self._container.get_wrapped_container()
        container.reload()
        if container.status == "paused":
            container.unpause()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._container.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._container.stop()


class ContainerKafka(_ContainerPart):
    """A broker in a container."""

    def __init__(self) -> None:
        container = KafkaContainer()
        self.bootstrap = f"{container.host}:{container.port}"
        super().__init__(container, lambda: kafka.answers(container.host, container.port))


class ContainerPostgres(_ContainerPart):
    """A server in a container."""

    def __init__(self) -> None:
        self._port = free_port()
        self._passwords = {postgres.SUPERUSER: secrets.token_urlsafe(24)}
        container = PostgresContainer(
            POSTGRES_IMAGE,
            username=postgres.SUPERUSER,
            password=self._passwords[postgres.SUPERUSER],
            dbname=postgres.SUPERUSER,
            driver=None,
        )
        container.with_bind_ports(5432, self._port).with_command("postgres -c max_connections=200 -c fsync=off")
        self._host = container.get_docker_client().host()
        super().__init__(container, lambda: postgres.answers(self.url()))

    def url(self, database: str = postgres.SUPERUSER, role: str = postgres.SUPERUSER) -> str:
        return f"postgresql://{role}:{self._passwords[role]}@{self._host}:{self._port}/{database}"

    def create_database(self, name: str) -> str:
        owner, service = (
            DatabaseRole(each, self._passwords.setdefault(each, secrets.token_urlsafe(24)))
            for each in (owner_of(name), name)
        )
        create_database(self.url(), name, owner, service)
        return self.url(name, owner.name)

    def drop_database(self, name: str) -> None:
        postgres.drop_database(self.url(), name)
